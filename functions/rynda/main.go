// Rynda is the ship's bell: a journal of runtime errors, a live alert centre
// and a realtime bus, on Postgres alone.
//
// Without arguments it starts everything on this machine for development. The
// subcommands are for operators: see rynda help.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"rynda/functions/internal/wiring"
)

type command struct {
	name  string
	usage string
	help  string
	run   func(ctx context.Context, args []string, out io.Writer) error
}

var commands []command

func init() { // not a literal: help reads the list
	commands = []command{
		{"dev", "", "start everything on this machine: database, API, relay and page (the default)", runDev},
		{"serve", "", "serve a database given by DATABASE_URL; never has a local user", runServe},
		{"migrate", "", "bring the database to the newest version and end", runMigrate},
		{"token", "create|list|revoke …", "make and revoke ingest and staff tokens, and projects", runToken},
		{"session", "list|revoke …", "who is signed in, and end their sessions", runSession},
		{"tail", "[-url URL] [-token TOKEN] [-topics LIST]", "follow the log on the terminal", runTail},
		{"demo", "[-url URL] [-token TOKEN] [-rate N] [-count N]", "play a platform: errors, runs, deploys and their logs", runDemo},
		{"smoke", "[-ingest TOKEN] [-staff TOKEN] URL", "try every promise once against a running deployment", runSmoke},
		{"lambda", "[-zips DIR] [-freeze=false]", "run the Lambda functions on this machine, as they are deployed", runLambda},
		{"package", "[-image] [-arch LIST] [-out DIR] [-database-ca FILE]", "build the zips that are deployed, or the image of the relay", runPackage},
		{"cost", "[-staff N] [-errors N] …", "what a month on AWS costs, with each way to be live", runCost},
		{"log", "new-epoch", "give the log a new identity after a restore", runLog},
		{"help", "[config]", "show this, or every environment variable", runHelp},
	}
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	err := run(ctx, os.Args[1:], os.Stdout)
	if err != nil && !errors.Is(err, context.Canceled) && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "rynda:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, out io.Writer) error {
	name := "dev"
	if len(args) > 0 && args[0] != "" && args[0][0] != '-' {
		name, args = args[0], args[1:]
	} else if len(args) > 0 && (args[0] == "-h" || args[0] == "-help" || args[0] == "--help") {
		name, args = "help", nil
	}
	for _, c := range commands {
		if c.name == name {
			return c.run(ctx, args, out)
		}
	}
	return fmt.Errorf("there is no command %q; see rynda help", name)
}

func runHelp(_ context.Context, args []string, out io.Writer) error {
	if len(args) > 0 && args[0] == "config" {
		fmt.Fprint(out, wiring.Describe())
		return nil
	}
	fmt.Fprint(out, "Rynda journals runtime errors and shows them live.\n\n")
	for _, c := range commands {
		fmt.Fprintf(out, "  rynda %-8s %s\n", c.name, c.help)
		if c.usage != "" {
			fmt.Fprintf(out, "  %14s %s\n", "", c.usage)
		}
	}
	return nil
}
