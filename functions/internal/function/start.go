// Package function is what the mains of the Lambda functions have in common:
// which part of Rynda answers, in which way, is in the manifest under the
// function's name.
package function

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"

	"github.com/aws/aws-lambda-go/lambda"

	"rynda/functions"
	"rynda/functions/internal/site"
	"rynda/functions/internal/wiring"
	"rynda/pkg/httpapi"
	"rynda/pkg/lambdahttp"
)

// Serve answers HTTP as the function of that name, until the process ends.
func Serve(name string) {
	manifest := functions.Read()
	about, config := manifest.Functions[name], load()
	logger := wiring.NewLogger(os.Stderr, wiring.ParseLevel(config.LogLevel))
	options := wiring.Options{Resting: true, Logger: logger}
	if about.Page {
		options.Static = site.Files(os.DirFS(filepath.Join(os.Getenv("LAMBDA_TASK_ROOT"), "web")))
	}
	app, err := wiring.New(context.Background(), config, options)
	if err != nil {
		end(err)
	}
	handler := own(manifest, name, app.Handler)
	closing := lambda.WithEnableSIGTERM(app.Close) // the server hears of it and frees what it holds
	if about.Streaming {
		lambda.StartWithOptions(lambdahttp.NewStreaming(handler, logger).Invoke, closing)
	} else {
		lambda.StartWithOptions(lambdahttp.NewBuffered(handler, logger), closing)
	}
}

// own refuses what is another function's: the rights of this one's database role
// would refuse it too, less politely.
func own(manifest functions.Manifest, name string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if manifest.Owner(r.Method, r.URL.EscapedPath()) != name {
			httpapi.WriteProblem(w, r, http.StatusNotFound)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// Sweep answers the schedule.
func Sweep() {
	config := load()
	app, err := wiring.New(context.Background(), config, wiring.Options{
		Resting: true, Sweeps: true, Logger: wiring.NewLogger(os.Stderr, wiring.ParseLevel(config.LogLevel)),
	})
	if err != nil {
		end(err)
	}
	lambda.StartWithOptions(func(ctx context.Context, _ json.RawMessage) (map[string]any, error) {
		if err := errors.Join(app.Folder.Fold(ctx), app.Sweep(ctx)); err != nil {
			return nil, err
		}
		stats := app.Folder.Stats()
		return map[string]any{"rows": stats.Rows, "events": stats.Events}, nil
	}, lambda.WithEnableSIGTERM(app.Close))
}

// Migrate brings the database to the newest version at each invocation.
func Migrate() {
	config := load()
	lambda.Start(func(ctx context.Context, _ json.RawMessage) (map[string]any, error) {
		applied, err := wiring.Migrate(ctx, config)
		if err != nil {
			return nil, err
		}
		return map[string]any{"applied": applied}, nil
	})
}

func load() wiring.Config {
	config, err := wiring.Load()
	if err == nil && config.DatabaseURL == "" {
		err = errors.New("DATABASE_URL is not set")
	}
	if err != nil {
		end(err)
	}
	return config
}

// end tells why the function cannot begin.
func end(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}
