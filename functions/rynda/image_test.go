package main

import (
	"archive/tar"
	"crypto/x509"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/validate"

	"rynda/pkg/pgtest"
)

// The image is one by the rules of OCI, is the same when it is made in another
// folder, and what is in it serves.
func TestImageOfTheRelay(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("-short, which is for the race detector, builds no image")
	}
	root, err := checkout()
	if err != nil {
		t.Fatal(err)
	}
	var digests [2]string
	var to string
	for i, from := range []string{root, copyOfSources(t, root)} {
		to = filepath.Join(t.TempDir(), "relay-image")
		if digests[i], err = packageImage(t.Context(), from, to, []string{runtime.GOARCH}, nil); err != nil {
			t.Fatal(err)
		}
	}
	if digests[0] != digests[1] {
		t.Errorf("%v", digests)
	}

	index, err := layout.ImageIndexFromPath(to)
	if err != nil {
		t.Fatal(err)
	}
	if err := validate.Index(index); err != nil {
		t.Fatal(err)
	}
	image := onlyImage(t, index, digests[1])
	if err := validate.Image(image); err != nil {
		t.Fatal(err)
	}
	about, err := image.ConfigFile()
	if err != nil {
		t.Fatal(err)
	}
	if _, port := about.Config.ExposedPorts["8700/tcp"]; !port || about.Architecture != runtime.GOARCH || about.OS != "linux" ||
		strings.HasPrefix(about.Config.User, "0") || about.Config.User == "" || !about.Created.IsZero() {
		t.Errorf("%+v", about)
	}

	dir := t.TempDir()
	layers, err := image.Layers()
	if err != nil {
		t.Fatal(err)
	}
	for _, layer := range layers {
		unpackLayer(t, layer, dir)
	}
	roots, err := os.ReadFile(filepath.Join(dir, imageRoots))
	if err != nil || !x509.NewCertPool().AppendCertsFromPEM(roots) || strings.Count(string(roots), "BEGIN CERTIFICATE") < 80 {
		t.Errorf("%d bytes of certificates, %v", len(roots), err)
	}
	if runtime.GOOS != "linux" {
		t.Skip("the program in it is for Linux")
	}
	s := newSystem(t, pgtest.New(t))
	s.program = filepath.Join(dir, about.Config.Entrypoint[0])
	s.run(dir, syscall.SIGKILL, about.Config.Cmd...)
	s.subscribe(s.staff, "?topics=errors") // the relay of a deployment
	s.must("POST", "/v1/reports", s.ingest, `{"message":"out of the image"}`, nil)
}

// onlyImage is the one image of the index in the layout.
func onlyImage(t *testing.T, outer v1.ImageIndex, digest string) v1.Image {
	t.Helper()
	hash, err := v1.NewHash(digest)
	if err != nil {
		t.Fatal(err)
	}
	index, err := outer.ImageIndex(hash)
	if err != nil {
		t.Fatal(err)
	}
	manifest, err := index.IndexManifest()
	if err != nil || len(manifest.Manifests) != 1 || manifest.Manifests[0].Platform.Architecture != runtime.GOARCH {
		t.Fatalf("%+v, %v", manifest, err)
	}
	image, err := index.Image(manifest.Manifests[0].Digest)
	if err != nil {
		t.Fatal(err)
	}
	return image
}

func unpackLayer(t *testing.T, layer v1.Layer, dir string) {
	t.Helper()
	text, err := layer.Uncompressed()
	if err != nil {
		t.Fatal(err)
	}
	defer text.Close()
	for in := tar.NewReader(text); ; {
		header, err := in.Next()
		if err == io.EOF {
			return
		}
		if err != nil || !filepath.IsLocal(header.Name) || header.Uid != 0 || header.Mode&0o022 != 0 || header.ModTime.Unix() != 0 {
			t.Fatalf("%+v, %v", header, err)
		}
		path := filepath.Join(dir, header.Name)
		if header.Typeflag == tar.TypeDir {
			if err := os.MkdirAll(path, 0o755); err != nil {
				t.Fatal(err)
			}
			continue
		}
		body, err := io.ReadAll(in)
		if err == nil {
			err = os.WriteFile(path, body, os.FileMode(header.Mode))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}
