package main

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/pem"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"

	"rynda/functions"
	"rynda/pkg/pgtest"
)

// testPackages are the packages for this machine, built at most once per run,
// and kept between runs while the sources are the same.
var testPackages = sync.OnceValues(func() (dir string, err error) {
	built, err := testWeb()
	if err != nil {
		return "", err
	}
	dir = filepath.Join(builtFrom(built), ".rynda", "tests", "packages")
	unlock, err := lockFile(filepath.Join(filepath.Dir(dir), "packages.lock"))
	if err != nil {
		return "", err
	}
	defer unlock()
	say := func(format string, values ...any) { fmt.Printf(format+"\n", values...) }
	return dir, packageFrom(context.Background(), builtFrom(built), built, dir, say)
})

// startLambda runs "rynda lambda" on a database of its own, with these settings
// beside, and waits until it is ready.
func startLambda(t *testing.T, env ...string) *system {
	t.Helper()
	if runtime.GOOS != "linux" || testing.Short() {
		t.Skip("the packages are for Linux; -short, which is for the race detector, builds none")
	}
	needWeb(t)
	zips, err := testPackages()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	s := &system{t: t, dsn: pgtest.Direct(pgtest.New(t)), log: &lockedBuffer{}, listen: freeAddress(t), env: append([]string{"RYNDA_DATA_DIR=" + dir}, env...)}
	s.url = "http://" + s.listen
	t.Cleanup(func() {
		if t.Failed() {
			text, _ := os.ReadFile(filepath.Join(dir, "rynda.log"))
			t.Log(tailOf(string(text)))
		}
	})
	s.run(".", syscall.SIGTERM, "lambda", "-zips", zips)
	s.readDev(dir)
	return s
}

// The packages that are deployed keep every promise on this machine, with their
// processes stopped between invocations.
func TestLambdaKeepsEveryPromise(t *testing.T) {
	t.Parallel()
	s := startLambda(t)
	var out bytes.Buffer
	err := runSmoke(t.Context(), []string{"-ingest", s.ingest, "-staff", s.staff, s.url}, &out)
	if err != nil || !strings.Contains(out.String(), "all 20 checks passed") {
		t.Errorf("%v\n%s", err, out.String())
	}
	// The server closes every connection while the functions are frozen. The first
	// call of each afterwards is answered as if nothing had been.
	if n := s.number(`select count(pg_terminate_backend(pid)) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()`); n < 3 {
		t.Errorf("only %d connections were there to close", n)
	}
	for request, body := range map[string]any{"GET /v1/feed": nil, "POST /v1/groups/viewed": map[string]string{"through_cursor": "garbage"},
		"POST /v1/reports": map[string]string{"message": "after a freeze", "report_id": "after-a-freeze"}} {
		method, path, _ := strings.Cut(request, " ")
		token := s.staff
		if path == "/v1/reports" {
			token = s.ingest
		}
		var answer []byte
		if status, err := s.call(method, path, token, body, &answer); err != nil || status >= 500 || method == "GET" && status != 200 {
			t.Errorf("%s after a freeze: %d %v %s", request, status, err, answer)
		}
	}
	// The person at this machine needs no token, and nobody else gets in so.
	for origin, want := range map[string]int{"": http.StatusOK, "cross-site": http.StatusForbidden} {
		r, _ := http.NewRequest("GET", s.url+"/v1/feed", nil)
		if origin != "" {
			r.Header.Set("Sec-Fetch-Site", origin)
		}
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		answer.Body.Close()
		if answer.StatusCode != want {
			t.Errorf("from %q: %d, want %d", origin, answer.StatusCode, want)
		}
	}
	r, _ := http.NewRequest("GET", s.url+"/v1/feed", nil)
	r.Header.Set("X-Forwarded-For", "203.0.113.7")
	if answer, err := http.DefaultClient.Do(r); err != nil || answer.StatusCode != http.StatusUnauthorized {
		t.Errorf("through a proxy: %v, %v", answer, err)
	}
}

// What is built twice, in two folders, is the same to the byte.
func TestPackagesAreReproducible(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("-short, which is for the race detector, builds no packages")
	}
	needWeb(t)
	built := builtWeb(t)
	root := builtFrom(built)
	copied := copyOfSources(t, root)
	ca := filepath.Join(t.TempDir(), "ca.pem")
	server := httptest.NewTLSServer(nil)
	server.Close()
	certificate := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	if err := os.WriteFile(ca, certificate, 0o644); err != nil {
		t.Fatal(err)
	}
	also, err := vouching(ca)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := vouching("lambda_test.go"); err == nil {
		t.Error("what is no certificate was taken for one")
	}
	var sums [2]string
	for i, from := range []string{root, copied} {
		p, err := packageOne(t.Context(), from, built, "feed", runtime.GOARCH, t.TempDir(), t.TempDir(), also)
		if err != nil {
			t.Fatal(err)
		}
		sums[i] = p.sha256
		folder, err := unpack(p.path, t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		if text, err := os.ReadFile(filepath.Join(folder, "database-ca.pem")); err != nil || !bytes.Equal(text, certificate) {
			t.Errorf("the certificates of the database: %s %v", text, err)
		}
		if p.bytes > maxPackage {
			t.Errorf("%d bytes", p.bytes)
		}
	}
	if sums[0] != sums[1] {
		t.Errorf("%v", sums)
	}
}

// copyOfSources is a checkout in another folder.
func copyOfSources(t *testing.T, root string) string {
	t.Helper()
	copied := t.TempDir()
	for _, part := range []string{"functions", "pkg", "migrations", "openapi"} {
		if err := os.CopyFS(filepath.Join(copied, part), os.DirFS(filepath.Join(root, part))); err != nil {
			t.Fatal(err)
		}
	}
	for _, file := range []string{"go.mod", "go.sum"} {
		text, err := os.ReadFile(filepath.Join(root, file))
		if err == nil {
			err = os.WriteFile(filepath.Join(copied, file), text, 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return copied
}

func TestPackagesHoldWhatTheManifestSays(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("-short, which is for the race detector, builds no packages")
	}
	needWeb(t)
	zips, err := testPackages()
	if err != nil {
		t.Fatal(err)
	}
	for name, f := range functions.Read().Functions {
		z, err := zip.OpenReader(filepath.Join(zips, name+".zip"))
		if err != nil {
			t.Fatal(err)
		}
		page := false
		for _, file := range z.File {
			page = page || file.Name == "web/index.html"
			if file.Name == "bootstrap" && file.Mode().Perm() != 0o755 {
				t.Errorf("%s: bootstrap is %v", name, file.Mode())
			}
		}
		if z.File[0].Name != "bootstrap" || page != f.Page {
			t.Errorf("%s begins with %s, page %v", name, z.File[0].Name, page)
		}
		z.Close()
	}
}

func TestUnpackRefusesWhatLeavesItsFolder(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"../evil", "/evil", "a/../../evil"} {
		var b bytes.Buffer
		z := zip.NewWriter(&b)
		w, err := z.Create(name)
		if err == nil {
			_, err = w.Write([]byte("x"))
		}
		if err != nil || z.Close() != nil {
			t.Fatal(err)
		}
		dir := t.TempDir()
		path := filepath.Join(dir, "f.zip")
		if err := os.WriteFile(path, b.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
		if folder, err := unpack(path, filepath.Join(dir, "out")); err == nil {
			t.Errorf("%s was unpacked into %s", name, folder)
		}
	}
}
