package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"rynda/pkg/auth"
	"rynda/pkg/postgres"
)

const tokenUsage = `usage:
  rynda token project <slug> [-name NAME]            make a project
  rynda token create -project SLUG [-name NAME] [-scopes report,control]
                                                     make an ingest token; two of a name may live at a time
  rynda token create -staff NAME [-projects a,b] [-days N]
                                                     make a staff token; without -projects it sees all
  rynda token list                                   what there is, without the texts
  rynda token revoke <prefix>                        acts within 60 s everywhere`

func runToken(ctx context.Context, args []string, out io.Writer) error {
	if len(args) == 0 {
		return errors.New(tokenUsage)
	}
	verb, args := args[0], args[1:]
	return withStore(ctx, func(s *stores) error {
		switch verb {
		case "project":
			return makeProject(ctx, s, args, out)
		case "create":
			return createToken(ctx, s, args, out)
		case "list":
			return listTokens(ctx, s, out)
		case "revoke":
			if len(args) != 1 {
				return errors.New(tokenUsage)
			}
			return s.RevokeToken(ctx, args[0])
		}
		return errors.New(tokenUsage)
	})
}

func makeProject(ctx context.Context, s *stores, args []string, out io.Writer) error {
	if len(args) == 0 {
		return errors.New(tokenUsage)
	}
	flags := flag.NewFlagSet("rynda token project", flag.ContinueOnError)
	name := flags.String("name", args[0], "name for people")
	if err := flags.Parse(args[1:]); err != nil {
		return err
	}
	if _, err := s.CreateProject(ctx, args[0], *name); err != nil {
		return err
	}
	fmt.Fprintln(out, "made", args[0])
	return nil
}

func createToken(ctx context.Context, s *stores, args []string, out io.Writer) error {
	flags := flag.NewFlagSet("rynda token create", flag.ContinueOnError)
	project := flags.String("project", "", "slug of the project of an ingest token")
	name := flags.String("name", "", "what the ingest token is for")
	scopes := flags.String("scopes", "report", "of report and control")
	staff := flags.String("staff", "", "name of the person of a staff token")
	projects := flags.String("projects", "", "slugs that a staff token sees; empty is all")
	days := flags.Int("days", 0, "days that a staff token lives; 0 is until it is revoked")
	if err := flags.Parse(args); err != nil {
		return err
	}
	var text string
	var err error
	switch {
	case *staff != "" && *project == "":
		t := postgres.NewStaffToken{Name: *staff, Projects: list(*projects)}
		if *days > 0 {
			t.ExpiresAt = time.Now().AddDate(0, 0, *days)
		}
		text, err = s.MintStaffToken(ctx, t)
	case *project != "" && *staff == "":
		t := postgres.NewIngestToken{Project: *project, Name: *name}
		for _, scope := range list(*scopes) {
			t.Scopes = append(t.Scopes, auth.Scope(scope))
		}
		text, err = s.MintIngestToken(ctx, t)
	default:
		return errors.New(tokenUsage)
	}
	if err != nil {
		return err
	}
	fmt.Fprintln(out, text)
	return nil
}

func listTokens(ctx context.Context, s *stores, out io.Writer) error {
	tokens, err := s.ListTokens(ctx)
	if err != nil {
		return err
	}
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	defer w.Flush()
	fmt.Fprintln(w, "PREFIX\tKIND\tNAME\tPROJECTS\tSCOPES\tCREATED\tSTATE")
	for _, t := range tokens {
		state := "live"
		switch {
		case !t.RevokedAt.IsZero():
			state = "revoked " + t.RevokedAt.Format(time.DateOnly)
		case !t.ExpiresAt.IsZero():
			state = "until " + t.ExpiresAt.Format(time.DateOnly)
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", t.Prefix, t.Kind, t.Name, orAll(t.Projects),
			strings.Join(t.Scopes, ","), t.CreatedAt.Format(time.DateOnly), state)
	}
	return nil
}

func orAll(projects []string) string {
	if projects == nil {
		return "all"
	}
	return strings.Join(projects, ",")
}

func list(s string) []string {
	var out []string
	for part := range strings.SplitSeq(s, ",") {
		if part = strings.TrimSpace(part); part != "" {
			out = append(out, part)
		}
	}
	return out
}
