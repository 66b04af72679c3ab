package localpg

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
)

// npmCandidates are the package of this platform in each node_modules.
func npmCandidates(nodeModules []string) []candidate {
	arch := map[string]string{"amd64": "x64", "386": "ia32", "ppc64le": "ppc64"}[runtime.GOARCH]
	if arch == "" {
		arch = runtime.GOARCH
	}
	var all []candidate
	for _, dir := range nodeModules {
		pkg := filepath.Join(dir, "@embedded-postgres", runtime.GOOS+"-"+arch)
		all = append(all, candidate{dir: filepath.Join(pkg, "native", "bin"), npm: pkg})
	}
	return all
}

// link is an entry of pg-symlinks.json, both sides relative to the package.
type link struct {
	Source string `json:"source"`
	Target string `json:"target"`
}

// linkLibraries makes the library links that npm cannot carry. The package has
// a script for it, but npm may be told not to run scripts, and then postgres
// finds no library. A tree that cannot be written is copied next to the data.
func linkLibraries(cfg Config, p programs) (programs, error) {
	err := makeLinks(p.npm)
	if errors.Is(err, fs.ErrPermission) || isReadOnly(err) {
		p, err = copyPrograms(p, filepath.Join(cfg.DataDir, "programs"))
		if err == nil {
			err = makeLinks(p.npm)
		}
	}
	return p, err
}

// makeLinks makes what is missing of the links listed in the package.
func makeLinks(pkg string) error {
	data, err := os.ReadFile(filepath.Join(pkg, "native", "pg-symlinks.json"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil // the Windows package has none
	}
	if err != nil {
		return err
	}
	var links []link
	if err := json.Unmarshal(data, &links); err != nil {
		return fmt.Errorf("read pg-symlinks.json: %w", err)
	}
	for _, l := range links {
		source, target := filepath.FromSlash(l.Source), filepath.FromSlash(l.Target)
		if !filepath.IsLocal(source) || !filepath.IsLocal(target) {
			return errors.New("pg-symlinks.json points outside of its package")
		}
		path := filepath.Join(pkg, target)
		if _, err := os.Stat(path); err == nil {
			continue
		}
		rel, err := filepath.Rel(filepath.Dir(target), source)
		if err != nil {
			return err
		}
		// Several processes may be doing this at once; what counts is that
		// the link leads somewhere in the end.
		if err := os.Symlink(rel, path); err != nil && !errors.Is(err, fs.ErrExist) {
			return err
		}
	}
	return nil
}

// copyPrograms copies an npm package to a directory below dir, readable by
// everybody, and returns the programs there. A finished copy is used again.
func copyPrograms(p programs, dir string) (programs, error) {
	from, to := p.npm, filepath.Join(dir, shortHash(p.npm+packageVersion(p.npm)))
	p.npm, p.dir = to, filepath.Join(to, "native", "bin")
	if _, err := os.Stat(to); err == nil {
		return p, nil
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return p, err
	}
	fresh, err := os.MkdirTemp(dir, "copy-")
	if err != nil {
		return p, err
	}
	defer os.RemoveAll(fresh)
	if err := copyTree(from, fresh); err != nil {
		return p, fmt.Errorf("copy the programs: %w", err)
	}
	if err := os.Rename(fresh, to); err != nil && !errors.Is(err, fs.ErrExist) {
		return p, fmt.Errorf("copy the programs: %w", err)
	}
	return p, nil
}

// copyTree copies files, directories and links, for everybody to read.
func copyTree(from, to string) error {
	return filepath.WalkDir(from, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		target := filepath.Join(to, rel)
		switch {
		case entry.IsDir():
			if err := os.MkdirAll(target, 0o755); err != nil {
				return err
			}
			return os.Chmod(target, 0o755)
		case entry.Type()&fs.ModeSymlink != 0:
			where, err := os.Readlink(path)
			if err != nil {
				return err
			}
			return os.Symlink(where, target)
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		return os.WriteFile(target, data, 0o644|info.Mode().Perm()&0o111)
	})
}

// packageVersion is the version of an npm package, empty if it does not say.
func packageVersion(pkg string) string {
	var manifest struct {
		Version string `json:"version"`
	}
	data, err := os.ReadFile(filepath.Join(pkg, "package.json"))
	if err == nil {
		err = json.Unmarshal(data, &manifest)
	}
	if err != nil {
		return ""
	}
	return strings.TrimSpace(manifest.Version)
}
