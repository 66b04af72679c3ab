package postgres

import (
	"context"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"rynda/pkg/auth"
	"rynda/pkg/eventlog"
	"rynda/pkg/journal"
	"rynda/pkg/pgtest"
)

// Every constant that begins like SQL is prepared against the schema, so that a
// column that was renamed is found without a test of each statement.
func TestStatements_fit_the_schema(t *testing.T) {
	t.Parallel()
	tx := pgtest.Tx(t)
	found := 0
	for name, text := range sqlConstants(t) {
		for _, query := range filledIn(text) {
			rewritten, _, err := pgx.NamedArgs{}.RewriteQuery(context.Background(), nil, query, nil)
			if err != nil {
				t.Errorf("%s: %v", name, err)
				continue
			}
			if _, err := tx.Prepare(context.Background(), "", rewritten); err != nil {
				t.Errorf("%s: %v\n%s", name, err, query)
				t.FailNow() // the transaction is of no use any more
			}
			found++
		}
	}
	if found < 60 {
		t.Errorf("found only %d statements", found)
	}
}

// filledIn gives every form of a statement that has places for an order and for
// filters.
func filledIn(text string) (queries []string) {
	if strings.Contains(text, "$work") {
		for _, work := range []journal.Work{journal.RunWork, journal.DeployWork} {
			q := journal.WorkQuery{Statuses: journal.Statuses, Name: "a", Actor: "a", DeployID: "a", Environment: "a", Namespace: "a",
				Service: "a", Q: "a", Since: noon, Until: noon, Page: encodePage(pageToken{Sort: string(work), Value: "1", ID: "a"})}
			where, _, err := workWhere(nil, work, q)
			if err != nil {
				panic(err)
			}
			for _, where := range []string{"", where, where + " and " + whereText} {
				queries = append(queries, workTable(work, strings.ReplaceAll(text, "$where", where)))
			}
		}
		return queries
	}
	if strings.Contains(text, "from log_lines") {
		return []string{strings.Replace(text, "$where", "", 1), strings.Replace(text, "$where", " and marker", 1)}
	}
	if !strings.Contains(text, "$where") {
		return []string{text}
	}
	all := &groupFilter{clauses: []string{whereSeverity, whereState, whereSince, whereUntil, whereRaised, whereWords}}
	for _, kind := range []string{"run", "deploy", "task", "namespace", "job", "correlation", "source", "environment", "release"} {
		all.clauses = append(all.clauses, strings.ReplaceAll(whereRef, "$kind", kind))
	}
	for _, order := range historyOrders {
		after := &groupFilter{clauses: append([]string{order.after()}, all.clauses...)}
		for _, f := range []*groupFilter{{}, after} {
			queries = append(queries, strings.NewReplacer("$key", order.column, "$where", f.where()).Replace(text))
		}
	}
	return queries
}

var beginsLikeSQL = regexp.MustCompile(`^\s*(select|insert|update|delete|with)\s`)

// sqlConstants are those of the files of this package, by name.
func sqlConstants(t *testing.T) map[string]string {
	t.Helper()
	paths, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	expressions := map[string]ast.Expr{}
	for _, path := range paths {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			decl, ok := n.(*ast.GenDecl)
			if !ok || decl.Tok != token.CONST {
				return true
			}
			for _, spec := range decl.Specs {
				for i, name := range spec.(*ast.ValueSpec).Names {
					if values := spec.(*ast.ValueSpec).Values; i < len(values) {
						key := name.Name
						if _, twice := expressions[key]; twice { // local to two functions
							key = path + ":" + key
						}
						expressions[key] = values[i]
					}
				}
			}
			return true
		})
	}
	var value func(e ast.Expr) (string, bool)
	value = func(e ast.Expr) (string, bool) {
		switch e := e.(type) {
		case *ast.BasicLit:
			text, err := strconv.Unquote(e.Value)
			return text, err == nil && e.Kind == token.STRING
		case *ast.Ident:
			return value(expressions[e.Name])
		case *ast.SelectorExpr:
			return map[string]string{"Channel": eventlog.Channel}[e.Sel.Name], e.Sel.Name == "Channel"
		case *ast.BinaryExpr:
			left, okLeft := value(e.X)
			right, okRight := value(e.Y)
			return left + right, okLeft && okRight && e.Op == token.ADD
		}
		return "", false
	}
	texts := map[string]string{}
	for name, e := range expressions {
		if text, ok := value(e); ok && beginsLikeSQL.MatchString(text) {
			texts[name] = text
		}
	}
	return texts
}

// Whatever order and filters are chosen together, the statement is valid.
func TestFilterOf_any_filters_make_a_statement(t *testing.T) {
	t.Parallel()
	tx := pgtest.Tx(t)
	full := journal.GroupQuery{
		Severities: journal.Severities, Source: "a", Environment: "a", Release: "a", States: []journal.State{journal.Active},
		RunID: "a", DeployID: "a", TaskID: "a", Namespace: "a", Job: "a", CorrelationID: "a", Fingerprint: "a", Q: "a",
		Since: noon, Until: noon,
	}
	for _, few := range []int{0, fewGroups + 1} {
		f, err := filterOf(nil, full)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range f.probes {
			f.answer(p, make([]int64, few))
		}
		for _, order := range historyOrders {
			if _, err := f.history(context.Background(), tx, []auth.Project{{ID: 1, Slug: "a"}}, order, 2); err != nil {
				t.Fatal(err)
			}
		}
	}
}
