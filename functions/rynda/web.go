package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io/fs"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"rynda/functions/internal/site"
)

// The web parts as they are served: the app at /, the element and the client
// beside it.
var webParts = []struct{ from, to string }{
	{"app/dist", "."},
	{"alert-stack/dist", "embed"},
	{"realtime/dist", "embed/realtime"},
}

// developmentWeb builds the web parts into dir/web when they are missing or
// older than their sources, and serves them from there. Outside of a checkout
// it serves those that are built into the binary.
func developmentWeb(ctx context.Context, dir string, say func(string, ...any)) (http.Handler, error) {
	root, err := checkout()
	if err != nil {
		return servedWeb()
	}
	built, err := builtSite(ctx, root, dir, say)
	if err != nil {
		return nil, err
	}
	return site.Files(os.DirFS(built)), nil
}

// builtSite builds the web parts of the checkout into dir/web, unless what is
// there is of these sources.
func builtSite(ctx context.Context, root, dir string, say func(string, ...any)) (built string, err error) {
	sources := filepath.Join(root, "web")
	stamp, err := webStamp(sources)
	if err != nil {
		return "", err
	}
	built = filepath.Join(dir, "web")
	if was, err := os.ReadFile(filepath.Join(built, "stamp")); err == nil && string(was) == stamp {
		return built, nil
	}
	unlock, err := lockFile(filepath.Join(sources, "node_modules.lock"))
	if err != nil {
		return "", err
	}
	defer unlock()
	return built, buildWeb(ctx, sources, built, stamp, say)
}

// servedWeb serves what is built in, or what RYNDA's own checkout has built.
func servedWeb() (http.Handler, error) {
	if files := embeddedWeb(); files != nil {
		return site.Files(files), nil
	}
	root, err := checkout()
	if err != nil {
		return nil, nil // the API alone
	}
	built := filepath.Join(root, ".rynda", "web")
	if _, err := os.Stat(filepath.Join(built, "index.html")); err != nil {
		return nil, nil
	}
	return site.Files(os.DirFS(built)), nil
}

func buildWeb(ctx context.Context, sources, built, stamp string, say func(string, ...any)) error {
	start := time.Now()
	if err := installWeb(ctx, sources, say); err != nil {
		return err
	}
	say("           npm run build")
	if err := npm(ctx, sources, "run", "build"); err != nil {
		return err
	}
	next := built + ".next"
	if err := os.RemoveAll(next); err != nil {
		return err
	}
	for _, part := range webParts {
		if err := os.CopyFS(filepath.Join(next, part.to), os.DirFS(filepath.Join(sources, part.from))); err != nil {
			return fmt.Errorf("copy what was built: %w", err)
		}
	}
	if err := os.WriteFile(filepath.Join(next, "stamp"), []byte(stamp), 0o644); err != nil {
		return err
	}
	if err := os.RemoveAll(built); err != nil {
		return err
	}
	say("           built in %.0f s", time.Since(start).Seconds())
	return os.Rename(next, built)
}

// installWeb brings node_modules to what the lockfile says, if it is not. The
// caller holds node_modules.lock.
func installWeb(ctx context.Context, sources string, say func(string, ...any)) error {
	if _, err := exec.LookPath("npm"); err != nil {
		return errors.New("the web page is built with Node 20 and its npm, which are not on this machine")
	}
	lock, err := os.ReadFile(filepath.Join(sources, "package-lock.json"))
	if err != nil {
		return err
	}
	sum := sha256.Sum256(lock)
	want := hex.EncodeToString(sum[:])
	installed := filepath.Join(sources, "node_modules", ".rynda-lock")
	if have, err := os.ReadFile(installed); err == nil && string(have) == want {
		return nil
	}
	say("web page   npm ci (the first time this takes a minute)")
	if err := npm(ctx, sources, "ci", "--no-audit", "--no-fund"); err != nil {
		return err
	}
	return os.WriteFile(installed, []byte(want), 0o644)
}

// npm runs quietly and shows what was printed when it fails.
func npm(ctx context.Context, dir string, args ...string) error {
	cmd := exec.CommandContext(ctx, "npm", args...)
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("npm %s: %w\n%s", strings.Join(args, " "), err, out)
	}
	return nil
}

// checkout finds the folder of this module above the working directory.
func checkout() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		text, err := os.ReadFile(filepath.Join(dir, "go.mod"))
		if err == nil && strings.HasPrefix(string(text), "module rynda\n") {
			return dir, nil
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return "", errors.New("not in a checkout of Rynda")
		}
		dir = parent
	}
}

func nodeModules() []string {
	root, err := checkout()
	if err != nil {
		return nil
	}
	return []string{filepath.Join(root, "web", "node_modules")}
}

// webStamp names the state of the web sources: every file below web but what
// installs and builds put there.
func webStamp(sources string) (string, error) {
	h := sha256.New()
	err := hashFiles(h, sources, func(d fs.DirEntry) bool {
		return slices.Contains([]string{"node_modules", "dist", "e2e"}, d.Name()) || strings.HasSuffix(d.Name(), ".lock")
	})
	return hex.EncodeToString(h.Sum(nil)), err
}

// hashFiles adds every file at or below root, by its name there and its bytes,
// but for those, and the folders, that are left out.
func hashFiles(h hash.Hash, root string, leaveOut func(fs.DirEntry) bool) error {
	return filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case leaveOut(d) && d.IsDir():
			return filepath.SkipDir
		case leaveOut(d) || d.IsDir():
			return nil
		}
		text, err := os.ReadFile(path)
		fmt.Fprintf(h, "%s %d\n", strings.TrimPrefix(path, filepath.Dir(root)), len(text))
		h.Write(text)
		return err
	})
}
