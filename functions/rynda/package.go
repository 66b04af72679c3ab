package main

import (
	"archive/zip"
	"cmp"
	"context"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"rynda/functions"
)

// maxPackage is how many bytes a zipped function has at most.
const maxPackage = 8 << 20

// packaged is a function ready to be deployed.
type packaged struct {
	name   string
	path   string // of the zip
	sha256 string
	bytes  int64
}

func runPackage(ctx context.Context, args []string, out io.Writer) error {
	flags := flag.NewFlagSet("rynda package", flag.ContinueOnError)
	arches := flags.String("arch", "arm64,amd64", "the architectures, joined by commas")
	dir := flags.String("out", filepath.Join(".rynda", "packages"), "the folder for the zips, one below it for each architecture")
	ca := flags.String("database-ca", "", "a file with the certificates that vouch for the database; each package has it as database-ca.pem")
	image := flags.Bool("image", false, "write the image of the long-lived relay in place of the zips: an OCI layout in the folder relay-image")
	if err := flags.Parse(args); err != nil {
		return err
	}
	also, err := vouching(*ca)
	if err != nil {
		return err
	}
	say := func(format string, values ...any) { fmt.Fprintf(out, format+"\n", values...) }
	root, err := checkout()
	if err != nil {
		return err
	}
	if *image {
		to := filepath.Join(*dir, "relay-image")
		digest, err := packageImage(ctx, root, to, strings.Split(*arches, ","), also)
		if err == nil {
			say("%s  %s", digest, to)
		}
		return err
	}
	site, err := builtSite(ctx, root, filepath.Join(root, ".rynda"), say)
	if err != nil {
		return err
	}
	for arch := range strings.SplitSeq(*arches, ",") {
		all, err := packageAll(ctx, root, site, arch, filepath.Join(*dir, arch), also...)
		if err != nil {
			return err
		}
		for _, p := range all {
			say("%-6s %-8s %5.2f MB  %s  %s", arch, p.name, float64(p.bytes)/(1<<20), p.sha256[:16], p.path)
		}
	}
	return nil
}

// packageAll builds every function of the manifest for one architecture of
// Linux. The same sources and the same Go give the same bytes, wherever they
// lie: there are no times, no paths and no revisions in them.
func packageAll(ctx context.Context, root, site, arch, dir string, also ...packedFile) ([]packaged, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	work, err := os.MkdirTemp("", "rynda-package-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(work)
	var all []packaged
	var sums strings.Builder
	for _, name := range sortedNames(functions.Read().Functions) {
		p, err := packageOne(ctx, root, site, name, arch, dir, work, also)
		if err != nil {
			return nil, err
		}
		if p.bytes > maxPackage {
			return nil, fmt.Errorf("%s has %d bytes zipped, and %d are allowed", name, p.bytes, maxPackage)
		}
		fmt.Fprintf(&sums, "%s  %s.zip\n", p.sha256, name)
		all = append(all, p)
	}
	return all, replaceFile(filepath.Join(dir, "SHA256SUMS"), []byte(sums.String()))
}

// packageOne builds one function below work and zips it into dir.
func packageOne(ctx context.Context, root, site, name, arch, dir, work string, also []packedFile) (p packaged, err error) {
	bootstrap := filepath.Join(work, name)
	if err := buildFunction(ctx, root, name, arch, bootstrap); err != nil {
		return p, err
	}
	p = packaged{name: name, path: filepath.Join(dir, name+".zip")}
	files := append([]packedFile{{name: "bootstrap", path: bootstrap, program: true}}, also...)
	if functions.Read().Functions[name].Page {
		more, err := siteFiles(site)
		if err != nil {
			return p, err
		}
		files = append(files, more...)
	}
	p.sha256, p.bytes, err = writeZip(p.path, files)
	return p, err
}

// vouching is the file of certificates that goes into each package, if one is
// given: those of the databases of a cloud are in no system's store.
func vouching(path string) ([]packedFile, error) {
	if path == "" {
		return nil, nil
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	if !x509.NewCertPool().AppendCertsFromPEM(text) {
		return nil, fmt.Errorf("%s holds no certificate", path)
	}
	return []packedFile{{name: "database-ca.pem", path: path}}, nil
}

func sortedNames[V any](m map[string]V) []string {
	names := make([]string, 0, len(m))
	for name := range m {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

func buildFunction(ctx context.Context, root, name, arch, to string) error {
	cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-buildvcs=false", "-ldflags=-s -w -buildid=",
		"-tags=lambda.norpc", "-o", to, "./functions/"+name)
	cmd.Dir = root
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux", "GOARCH="+arch, "GOFLAGS=")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("build %s for %s: %w\n%s", name, arch, err, out)
	}
	return nil
}

// packedFile is a file on its way into a zip.
type packedFile struct {
	name    string // in the zip, with slashes
	path    string
	program bool
}

// siteFiles are the files of the page, below web/.
func siteFiles(site string) (files []packedFile, err error) {
	err = filepath.WalkDir(site, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || d.Name() == "stamp" {
			return err
		}
		name, err := filepath.Rel(site, path)
		files = append(files, packedFile{name: "web/" + filepath.ToSlash(name), path: path})
		return err
	})
	return files, err
}

// writeZip writes the files in the order of their names, all of the same time.
func writeZip(to string, files []packedFile) (sum string, size int64, err error) {
	slices.SortFunc(files, func(a, b packedFile) int { return cmp.Compare(a.name, b.name) })
	next := to + ".next"
	file, err := os.Create(next)
	if err != nil {
		return "", 0, err
	}
	defer file.Close()
	hash := sha256.New()
	z := zip.NewWriter(io.MultiWriter(file, hash))
	for _, f := range files {
		header := &zip.FileHeader{Name: f.name, Method: zip.Deflate, Modified: time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC)}
		header.SetMode(0o644)
		if f.program {
			header.SetMode(0o755)
		}
		if err := copyInto(z, header, f.path); err != nil {
			return "", 0, err
		}
	}
	if err := errors.Join(z.Close(), file.Sync()); err != nil {
		return "", 0, err
	}
	about, err := file.Stat()
	if err != nil {
		return "", 0, err
	}
	return hex.EncodeToString(hash.Sum(nil)), about.Size(), os.Rename(next, to)
}

func copyInto(z *zip.Writer, header *zip.FileHeader, path string) error {
	from, err := os.Open(path)
	if err != nil {
		return err
	}
	defer from.Close()
	w, err := z.CreateHeader(header)
	if err == nil {
		_, err = io.Copy(w, from)
	}
	return err
}

// unpack puts a function's package into a folder of its own below dir, named
// after the package's hash, and returns it. What is there already is used.
func unpack(path, dir string) (folder string, err error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(text)
	name := strings.TrimSuffix(filepath.Base(path), ".zip")
	folder = filepath.Join(dir, name+"-"+hex.EncodeToString(sum[:6]))
	if _, err := os.Stat(folder); err == nil {
		return folder, nil
	}
	next := folder + ".next"
	if err := os.RemoveAll(next); err != nil {
		return "", err
	}
	z, err := zip.OpenReader(path)
	if err != nil {
		return "", err
	}
	defer z.Close()
	for _, f := range z.File {
		if !filepath.IsLocal(f.Name) || f.Mode()&fs.ModeSymlink != 0 {
			return "", fmt.Errorf("%s holds a file that does not belong there", filepath.Base(path))
		}
		if err := unpackFile(f, filepath.Join(next, f.Name)); err != nil {
			return "", err
		}
	}
	return folder, os.Rename(next, folder)
}

func unpackFile(f *zip.File, to string) error {
	if f.FileInfo().IsDir() {
		return os.MkdirAll(to, 0o755)
	}
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		return err
	}
	from, err := f.Open()
	if err != nil {
		return err
	}
	defer from.Close()
	file, err := os.OpenFile(to, os.O_CREATE|os.O_EXCL|os.O_WRONLY, f.Mode().Perm())
	if err != nil {
		return err
	}
	_, err = io.Copy(file, from)
	return errors.Join(err, file.Close())
}
