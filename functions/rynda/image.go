package main

import (
	"archive/tar"
	"bytes"
	"context"
	"encoding/pem"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"github.com/google/go-containerregistry/pkg/v1/types"
	"golang.org/x/crypto/x509roots/fallback/bundle"
)

// Where things are in the image, and who runs there: nobody that any system
// knows.
const (
	imageProgram = "rynda"
	imageRoots   = "etc/ssl/certs/ca-certificates.crt"
	imageUser    = "65532:65532"
	imagePort    = "8700"
)

// packageImage writes the image of the long-lived process, "rynda serve", which
// is the relay of a deployment, as an OCI image layout: one index of an image
// for each architecture. It needs no Docker and no base image: the program is
// linked statically, and the certificates that vouch for others are those of
// Mozilla, out of a Go module whose sum is in go.sum. The same sources and the
// same Go give the same digest.
func packageImage(ctx context.Context, root, dir string, arches []string, also []packedFile) (digest string, err error) {
	work, err := os.MkdirTemp("", "rynda-image-")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(work)
	index := mutate.IndexMediaType(empty.Index, types.OCIImageIndex)
	for _, arch := range slices.Sorted(slices.Values(arches)) {
		program := filepath.Join(work, arch)
		if err := buildFunction(ctx, root, "rynda", arch, program); err != nil {
			return "", err
		}
		image, err := imageOf(program, arch, also)
		if err != nil {
			return "", err
		}
		index = mutate.AppendManifests(index, mutate.IndexAddendum{
			Add: image, Descriptor: v1.Descriptor{Platform: &v1.Platform{OS: "linux", Architecture: arch}},
		})
	}
	next := dir + ".next"
	if err := os.RemoveAll(next); err != nil {
		return "", err
	}
	if _, err := layout.Write(next, mutate.AppendManifests(empty.Index, mutate.IndexAddendum{Add: index})); err != nil {
		return "", fmt.Errorf("write the image: %w", err)
	}
	if err := os.RemoveAll(dir); err != nil {
		return "", err
	}
	sum, err := index.Digest()
	if err != nil {
		return "", err
	}
	return sum.String(), os.Rename(next, dir)
}

// imageOf is the image of a program for one architecture. Its layers are the
// certificates, which change seldom, and the program.
func imageOf(program, arch string, also []packedFile) (v1.Image, error) {
	var roots bytes.Buffer
	for root := range bundle.Roots() {
		if root.Constraint != nil {
			continue // trusted for some of its certificates only, which a file cannot say
		}
		if err := pem.Encode(&roots, &pem.Block{Type: "CERTIFICATE", Bytes: root.Certificate}); err != nil {
			return nil, err
		}
	}
	text, err := os.ReadFile(program)
	if err != nil {
		return nil, err
	}
	image := mutate.ConfigMediaType(mutate.MediaType(empty.Image, types.OCIManifestSchema1), types.OCIConfigJSON)
	trusted := []imageFile{{imageRoots, 0o444, roots.Bytes()}}
	for _, file := range also {
		text, err := os.ReadFile(file.path)
		if err != nil {
			return nil, err
		}
		trusted = append(trusted, imageFile{file.name, 0o444, text})
	}
	for _, files := range [][]imageFile{trusted, {{imageProgram, 0o555, text}}} {
		layer, err := layerOf(files)
		if err != nil {
			return nil, err
		}
		if image, err = mutate.Append(image, mutate.Addendum{Layer: layer, MediaType: types.OCILayer}); err != nil {
			return nil, err
		}
	}
	about, err := image.ConfigFile()
	if err != nil {
		return nil, err
	}
	about = about.DeepCopy()
	about.OS, about.Architecture = "linux", arch
	about.Config = v1.Config{
		User: imageUser, WorkingDir: "/",
		Entrypoint:   []string{"/" + imageProgram},
		Cmd:          []string{"serve"},
		Env:          []string{"RYNDA_LISTEN=0.0.0.0:" + imagePort, "SSL_CERT_FILE=/" + imageRoots},
		ExposedPorts: map[string]struct{}{imagePort + "/tcp": {}},
		StopSignal:   "SIGTERM",
		Labels: map[string]string{
			"org.opencontainers.image.title":       "rynda",
			"org.opencontainers.image.description": "Rynda's relay and API as one long-lived process",
			"org.opencontainers.image.licenses":    "Apache-2.0",
		},
	}
	return mutate.ConfigFile(image, about)
}

type imageFile struct {
	name string
	mode int64
	text []byte
}

// layerOf puts files into a layer, all of the same time and nobody's.
func layerOf(files []imageFile) (v1.Layer, error) {
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	made := map[string]bool{}
	for _, f := range files {
		for dir := range parentsOf(f.name) {
			if !made[dir] {
				made[dir] = true
				if err := w.WriteHeader(&tar.Header{Typeflag: tar.TypeDir, Name: dir + "/", Mode: 0o755, ModTime: time.Unix(0, 0), Format: tar.FormatUSTAR}); err != nil {
					return nil, err
				}
			}
		}
		if err := w.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: f.name, Mode: f.mode, Size: int64(len(f.text)), ModTime: time.Unix(0, 0), Format: tar.FormatUSTAR}); err != nil {
			return nil, err
		}
		if _, err := w.Write(f.text); err != nil {
			return nil, err
		}
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	open := func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(b.Bytes())), nil }
	return tarball.LayerFromOpener(open, tarball.WithMediaType(types.OCILayer))
}

// parentsOf is every folder above a file, the outermost first.
func parentsOf(name string) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		for i := range len(name) {
			if name[i] == '/' && !yield(name[:i]) {
				return
			}
		}
	}
}
