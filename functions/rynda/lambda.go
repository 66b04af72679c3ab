package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"rynda/functions"
	"rynda/functions/internal/wiring"
	"rynda/pkg/auth"
	"rynda/pkg/lambdahttp/emulator"
)

func runLambda(ctx context.Context, args []string, out io.Writer) error {
	flags := flag.NewFlagSet("rynda lambda", flag.ContinueOnError)
	zips := flags.String("zips", "", "the folder with the packages; empty builds them for this machine")
	freeze := flags.Bool("freeze", true, "stop the processes between invocations, as Lambda does")
	if err := flags.Parse(args); err != nil {
		return err
	}
	config, err := wiring.Load()
	if err != nil {
		return err
	}
	say := func(format string, values ...any) { fmt.Fprintf(out, format+"\n", values...) }
	dir, listener, err := beginDevelopment(config)
	if err != nil {
		return err
	}
	defer listener.Close()
	folders, err := unpacked(ctx, dir, *zips, say)
	if err != nil {
		return err
	}
	stop, err := startDatabase(ctx, dir, &config, say)
	if err != nil {
		return err
	}
	defer stop()
	logFile, err := os.OpenFile(filepath.Join(dir, "rynda.log"), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	defer logFile.Close()
	logger := wiring.NewLogger(logFile, wiring.ParseLevel(config.LogLevel))

	e := emulator.New(emulator.Config{Freeze: *freeze, Output: logFile, Logger: logger}, emulated(folders, string(config.DatabaseURL))...)
	defer e.Close()
	answer, err := e.Call(ctx, "migrate", []byte("{}"))
	if err != nil {
		return fmt.Errorf("%w; %s says why", err, filepath.Join(config.DataDir, "rynda.log"))
	}
	say("           migrate answered %s", answer)
	dev, err := prepare(ctx, dir, config, listener)
	if err != nil {
		return err
	}
	session := ""
	if config.Auth.OIDC.Issuer == "" { // where people can sign in they do
		value, end, err := localSession(ctx, dev.DatabaseURL)
		if err != nil {
			return err
		}
		defer end()
		session = value
	}

	ticking, stopTicking := context.WithCancel(ctx)
	var clocks sync.WaitGroup
	defer clocks.Wait()
	defer stopTicking()
	for name, f := range functions.Read().Functions {
		if f.ScheduleS > 0 {
			clocks.Go(func() { invokeByTheClock(ticking, e, name, time.Duration(f.ScheduleS)*time.Second, logger) })
		}
	}
	say("\n  Rynda's functions are at  %s\n  ingest token %s\n  what they log %s\n\nSend an error:\n\n  %s\n\nCtrl-C ends it; the data stays in %s.\n",
		dev.URL, dev.IngestToken, filepath.Join(config.DataDir, "rynda.log"), exampleLine(dev), config.DataDir)
	err = serveFront(ctx, listener, front(e, session), config.ShutdownWithin)
	say("ended")
	return err
}

// unpacked builds the packages for this machine unless a folder of them is
// given, and unpacks them: it runs what would be deployed, byte for byte, where
// the architecture is the same.
func unpacked(ctx context.Context, dir, zips string, say func(string, ...any)) (map[string]string, error) {
	if runtime.GOOS != "linux" && zips == "" {
		return nil, errors.New("the packages are for Linux, and run there only")
	}
	if zips == "" {
		zips = filepath.Join(dir, "packages", runtime.GOARCH)
		if err := packageHere(ctx, dir, zips, say); err != nil {
			return nil, err
		}
	}
	folders := map[string]string{}
	for _, name := range sortedNames(functions.Read().Functions) {
		folder, err := unpack(filepath.Join(zips, name+".zip"), filepath.Join(dir, "functions"))
		if err != nil {
			return nil, err
		}
		folders[name] = folder
	}
	return folders, nil
}

// packageHere builds the packages unless those that are there are of these
// sources.
func packageHere(ctx context.Context, dir, zips string, say func(string, ...any)) error {
	root, err := checkout()
	if err != nil {
		return fmt.Errorf("%w; -zips says where the packages are", err)
	}
	site, err := builtSite(ctx, root, dir, say)
	if err != nil {
		return err
	}
	return packageFrom(ctx, root, site, zips, say)
}

// packageFrom builds the packages for this machine into dir, unless those that
// are there are of these sources.
func packageFrom(ctx context.Context, root, site, dir string, say func(string, ...any)) error {
	stamp, err := goStamp(root, site)
	if err != nil {
		return err
	}
	mark := filepath.Join(dir, "stamp")
	if was, err := os.ReadFile(mark); err == nil && string(was) == stamp {
		return nil
	}
	say("functions  building the packages for %s", runtime.GOARCH)
	start := time.Now()
	all, err := packageAll(ctx, root, site, runtime.GOARCH, dir)
	if err != nil {
		return err
	}
	say("           %d built in %.0f s", len(all), time.Since(start).Seconds())
	return replaceFile(mark, []byte(stamp))
}

// goStamp names the state of what goes into the packages.
func goStamp(root, site string) (string, error) {
	page, err := os.ReadFile(filepath.Join(site, "stamp"))
	if err != nil {
		return "", err
	}
	h := sha256.New()
	h.Write(page)
	for _, part := range []string{"go.mod", "go.sum", "functions", "pkg", "migrations", "openapi"} {
		err := hashFiles(h, filepath.Join(root, part), func(d fs.DirEntry) bool {
			return d.Name() == "testdata" || strings.HasSuffix(d.Name(), "_test.go")
		})
		if err != nil {
			return "", err
		}
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// emulated makes the functions of the manifest, with the settings of this
// process: each has the whole environment of Rynda, and nothing else of ours,
// and the rights of its own role in the database.
func emulated(folders map[string]string, databaseURL string) (all []emulator.Function) {
	var environment []string
	for _, entry := range os.Environ() {
		name, _, _ := strings.Cut(entry, "=")
		if strings.HasPrefix(name, "RYNDA_") && !slices.Contains([]string{"RYNDA_LISTEN", "RYNDA_DATA_DIR"}, name) {
			environment = append(environment, entry)
		}
	}
	for name, f := range functions.Read().Functions {
		own := []string{"DATABASE_URL=" + databaseURL, "RYNDA_DATABASE_ROLES=true"} // migrate's, which makes the roles
		if name != "migrate" {
			own = []string{"DATABASE_URL=" + withRole(databaseURL, f.DatabaseRole)}
		}
		all = append(all, emulator.Function{
			Name: name, Command: []string{"bootstrap"}, Dir: folders[name], Environment: append(own, environment...),
			Memory: f.MemoryMB, Timeout: f.Timeout(), Concurrency: f.Concurrency, Streaming: f.Streaming,
		})
	}
	return all
}

// withRole is the address with what puts each connection into a role, whoever
// signed in: in a deployment the function signs in as the role itself.
func withRole(databaseURL, role string) string {
	if !strings.Contains(databaseURL, "://") {
		return databaseURL + " options='-c role=" + role + "'"
	}
	sign := "?"
	if strings.Contains(databaseURL, "?") {
		sign = "&"
	}
	return databaseURL + sign + "options=-c%20role%3D" + role
}

// localSession signs the person at this machine in, until end. The functions have no local
// user, and must not have one; so the front gives each request that comes
// straight from this machine, and brings no right of its own, a session's
// cookie.
func localSession(ctx context.Context, databaseURL string) (value string, end func(), err error) {
	value, row := auth.NewSession()
	row.UserID, row.Name = localName(), localName()
	row.CreatedAt = time.Now()
	row.ExpiresAt = row.CreatedAt.AddDate(0, 1, 0) // for a process that is killed
	err = withStoreAt(ctx, databaseURL, func(s *stores) error { return s.SaveSession(ctx, row) })
	return value, func() {
		ctx := context.WithoutCancel(ctx)
		_ = withStoreAt(ctx, databaseURL, func(s *stores) error { return s.RevokeSession(ctx, row.SHA256) })
	}, err
}

// front routes requests to the functions as the front of a deployment does.
func front(e *emulator.Emulator, session string) http.Handler {
	manifest := functions.Read()
	fronts := map[string]http.Handler{}
	for name := range manifest.Functions {
		fronts[name] = e.Front(name)
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if session != "" && auth.Direct(r) == nil && r.Header.Get("Authorization") == "" && r.URL.Query().Get("ticket") == "" {
			if _, err := r.Cookie(auth.SecureCookie); err != nil {
				r.AddCookie(&http.Cookie{Name: auth.SecureCookie, Value: session})
			}
		}
		fronts[manifest.Owner(r.Method, r.URL.EscapedPath())].ServeHTTP(w, r)
	})
}

// invokeByTheClock is the schedule of one function.
func invokeByTheClock(ctx context.Context, e *emulator.Emulator, name string, every time.Duration, logger *slog.Logger) {
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	for {
		if _, err := e.Call(ctx, name, []byte(`{"source":"aws.scheduler"}`)); err != nil && ctx.Err() == nil {
			logger.Error("a scheduled function failed", "function", name, "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

func serveFront(ctx context.Context, listener net.Listener, handler http.Handler, within time.Duration) error {
	server := &http.Server{
		Handler: handler, ReadHeaderTimeout: 5 * time.Second, IdleTimeout: 2 * time.Minute,
		ErrorLog: slog.NewLogLogger(slog.DiscardHandler, slog.LevelError),
	}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), min(within, time.Second))
	defer cancel()
	if server.Shutdown(ending) != nil {
		_ = server.Close() // streams do not end by themselves
	}
	return nil
}
