package migrations_test

import (
	"database/sql"
	"testing"

	"github.com/google/go-cmp/cmp"
	_ "github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"

	"rynda/migrations"
	"rynda/pkg/pgtest"
)

// What was there before its words were kept is found, and what an older binary
// writes on the newer schema.
func TestWorksFromBeforeTheirWordsAreFound(t *testing.T) {
	t.Parallel()
	dsn := pgtest.Direct(pgtest.New(t))
	db, err := sql.Open("pgx", dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	exec := func(statement string) {
		t.Helper()
		if _, err := db.ExecContext(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	exec(`drop owned by rynda_app cascade; drop schema public cascade; create schema public; grant usage on schema public to rynda_app`)
	provider, err := goose.NewProvider(goose.DialectPostgres, db, migrations.FS)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := provider.UpTo(t.Context(), 4); err != nil {
		t.Fatal(err)
	}
	run := func(id, name string) {
		exec(`insert into runs select project_id, '` + id + `', 1, now(), now(), now(), 'failed', '` + name + `', '', '', '{}', '{}' from projects`)
	}
	run("Before", "Импорт")
	exec(`insert into deploys select project_id, 'd-1', 1, now(), now(), now(), 'failed', 'Shop', '', '', '', '', '{}', '{}' from projects`)
	if _, err := migrations.Up(t.Context(), dsn, nil); err != nil {
		t.Fatal(err)
	}
	run("After", "Отчёт")
	run("gone", "gone")
	exec(`update runs set name = 'Отгрузка' where run_id = 'After'`)
	exec(`delete from runs where run_id = 'gone'`)
	rows, err := db.QueryContext(t.Context(), `select work || ' ' || replace(words, E'\n', ' ') from work_words order by 1`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var found []string
	for rows.Next() {
		var one string
		if err := rows.Scan(&one); err != nil {
			t.Fatal(err)
		}
		found = append(found, one)
	}
	if diff := cmp.Diff([]string{"deploy d-1 shop", "run after отгрузка", "run before импорт"}, found); diff != "" {
		t.Error(diff)
	}
}
