package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"text/tabwriter"
	"time"
)

const sessionUsage = `usage:
  rynda session list                                 who is signed in; the ids open nothing
  rynda session revoke <id>                          end one session
  rynda session revoke -user USER                    end every session of a person
                                                     both act within 60 s everywhere, open streams included`

func runSession(ctx context.Context, args []string, out io.Writer) error {
	if len(args) == 0 {
		return errors.New(sessionUsage)
	}
	verb, args := args[0], args[1:]
	return withStore(ctx, func(s *stores) error {
		switch verb {
		case "list":
			return listSessions(ctx, s, out)
		case "revoke":
			return revokeSessions(ctx, s, args, out)
		}
		return errors.New(sessionUsage)
	})
}

func listSessions(ctx context.Context, s *stores, out io.Writer) error {
	sessions, err := s.ListSessions(ctx)
	if err != nil {
		return err
	}
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	defer w.Flush()
	fmt.Fprintln(w, "ID\tUSER\tNAME\tPROJECTS\tSINCE\tSTATE")
	for _, one := range sessions {
		state := "until " + one.ExpiresAt.UTC().Format(time.DateTime)
		if !one.RevokedAt.IsZero() {
			state = "revoked " + one.RevokedAt.UTC().Format(time.DateTime)
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\n", one.ID, one.UserID, one.Name, orAll(one.Projects), one.CreatedAt.UTC().Format(time.DateTime), state)
	}
	return nil
}

func revokeSessions(ctx context.Context, s *stores, args []string, out io.Writer) error {
	flags := flag.NewFlagSet("rynda session revoke", flag.ContinueOnError)
	user := flags.String("user", "", "id of the person, as the list has it")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if (flags.NArg() == 1) == (*user != "") || flags.NArg() > 1 {
		return errors.New(sessionUsage)
	}
	n, err := s.RevokeSessions(ctx, flags.Arg(0), *user)
	if err != nil {
		return err
	}
	fmt.Fprintln(out, "revoked", n)
	return nil
}
