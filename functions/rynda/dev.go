package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"os/user"
	"path/filepath"
	"strings"

	"rynda/functions/internal/wiring"
	"rynda/migrations"
	"rynda/pkg/auth"
	"rynda/pkg/localpg"
	"rynda/pkg/postgres"
)

// developmentProject is the project that a development start makes.
const developmentProject = "main"

// devFile is .rynda/dev.json: what scripts need to talk to a development start.
type devFile struct {
	URL         string `json:"url"`
	Project     string `json:"project"`
	IngestToken string `json:"ingest_token"`
	StaffToken  string `json:"staff_token"`
	DatabaseURL string `json:"database_url"`
}

func runDev(ctx context.Context, args []string, out io.Writer) error {
	flags := flag.NewFlagSet("rynda", flag.ContinueOnError)
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

	static, err := developmentWeb(ctx, dir, say)
	if err != nil {
		return err
	}
	stop, err := startDatabase(ctx, dir, &config, say)
	if err != nil {
		return err
	}
	defer stop()
	applied, err := migrations.Up(ctx, string(config.DatabaseURL), nil)
	if err != nil {
		return err
	}
	if applied > 0 {
		say("           migrations applied: %d", applied)
	}

	dev, err := prepare(ctx, dir, config, listener)
	if err != nil {
		return err
	}
	logFile, err := os.OpenFile(filepath.Join(dir, "rynda.log"), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	defer logFile.Close()
	app, err := wiring.New(ctx, config, wiring.Options{
		Local:     config.Auth.OIDC.Issuer == "", // where people can sign in they do
		LocalName: localName(), ExampleToken: dev.IngestToken, Static: static,
		Logger: wiring.NewLogger(logFile, wiring.ParseLevel(config.LogLevel)),
	})
	if err != nil {
		return err
	}
	defer app.Close()

	say("\n  Rynda is at  %s\n  ingest token %s\n  its log      %s\n\nSend an error:\n\n  %s\n\nOr a lively mix: go run ./functions/rynda demo\nCtrl-C ends it; the data stays in %s.\n",
		dev.URL, dev.IngestToken, filepath.Join(config.DataDir, "rynda.log"), exampleLine(dev), config.DataDir)
	err = app.Serve(ctx, listener)
	say("ended")
	return err
}

// beginDevelopment makes the data folder and takes the port: whoever cannot have
// it should not wait for a build first.
func beginDevelopment(config wiring.Config) (dir string, listener net.Listener, err error) {
	if dir, err = filepath.Abs(config.DataDir); err != nil {
		return "", nil, err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", nil, err
	}
	if listener, err = net.Listen("tcp", config.Listen); err != nil {
		return "", nil, fmt.Errorf("%w (RYNDA_LISTEN chooses another address)", err)
	}
	if host := listener.Addr().(*net.TCPAddr).IP; !host.IsLoopback() {
		listener.Close()
		return "", nil, errors.New("a development start has a user without a password and listens on this machine only; use rynda serve")
	}
	return dir, listener, nil
}

// startDatabase starts a private Postgres where no database is given.
func startDatabase(ctx context.Context, dir string, config *wiring.Config, say func(string, ...any)) (stop func(), err error) {
	if config.DatabaseURL != "" {
		return func() {}, nil
	}
	say("database   starting a private Postgres in %s", filepath.Join(config.DataDir, "postgres"))
	server, err := localpg.Start(ctx, localpg.Config{DataDir: filepath.Join(dir, "postgres"), NodeModules: nodeModules()})
	if err != nil {
		return nil, err
	}
	config.DatabaseURL = wiring.Secret(server.URL(""))
	say("           Postgres %s is up", server.Version())
	return func() { _ = server.Stop() }, nil
}

func exampleLine(dev devFile) string {
	return fmt.Sprintf(`curl %s/v1/reports -H 'Authorization: Bearer %s' -d '{"message": "payment %s failed: connection refused", "source": "billing-worker"}'`,
		dev.URL, dev.IngestToken, "8812")
}

// prepare makes the project and the tokens, or finds them: tokens of an earlier
// start that still work are kept, lost ones are minted anew.
func prepare(ctx context.Context, dir string, config wiring.Config, listener net.Listener) (devFile, error) {
	path := filepath.Join(dir, "dev.json")
	var dev devFile
	if text, err := os.ReadFile(path); err == nil {
		_ = json.Unmarshal(text, &dev) // a damaged file is a lost one
	}
	dev.URL = "http://" + listener.Addr().String()
	dev.Project = developmentProject
	dev.DatabaseURL = string(config.DatabaseURL)
	err := withStoreAt(ctx, string(config.DatabaseURL), func(s *stores) error {
		if _, err := s.CreateProject(ctx, developmentProject, "Main"); err != nil && !isConflict(err) {
			return err
		}
		if !s.works(ctx, dev.IngestToken) {
			text, err := s.MintIngestToken(ctx, postgres.NewIngestToken{
				Project: developmentProject, Name: "development", Scopes: []auth.Scope{auth.Report, auth.Control}, Replace: true,
			})
			if err != nil {
				return err
			}
			dev.IngestToken = text
		}
		if !s.works(ctx, dev.StaffToken) {
			text, err := s.MintStaffToken(ctx, postgres.NewStaffToken{Name: localName()})
			if err != nil {
				return err
			}
			dev.StaffToken = text
		}
		return nil
	})
	if err != nil {
		return devFile{}, err
	}
	text, err := json.MarshalIndent(dev, "", "  ")
	if err != nil {
		return devFile{}, err
	}
	return dev, replaceFile(path, append(text, '\n'))
}

// replaceFile writes a file that only its owner may read, whole or not at all.
func replaceFile(path string, text []byte) error {
	next := path + ".next"
	if err := os.WriteFile(next, text, 0o600); err != nil {
		return err
	}
	if err := os.Chmod(next, 0o600); err != nil {
		return err
	}
	return os.Rename(next, path)
}

func readDevFile() (devFile, error) {
	dir := os.Getenv("RYNDA_DATA_DIR")
	if dir == "" {
		dir = ".rynda"
	}
	text, err := os.ReadFile(filepath.Join(dir, "dev.json"))
	if err != nil {
		return devFile{}, errors.New("no -url and -token given, and no development start found here (RYNDA_DATA_DIR says where)")
	}
	var dev devFile
	return dev, json.Unmarshal(text, &dev)
}

func localName() string {
	if u, err := user.Current(); err == nil && u.Username != "" {
		return u.Username[strings.LastIndexByte(u.Username, '\\')+1:]
	}
	return "local"
}
