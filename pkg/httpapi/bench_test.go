package httpapi_test

import (
	"context"
	"net/http/httptest"
	"strings"
	"testing"

	"rynda/pkg/journal"
)

// BenchmarkReports measures everything of a request but the network and the
// store; "empty" is the part of it that does not depend on reports.
func BenchmarkReports(b *testing.B) {
	report := `{"message":"` + strings.Repeat("dial tcp 10.0.0.7:5432: connection refused; ", 16) + `","type":"ConnectError","source":"billing",` +
		`"environment":"production","release":"2026.11.3","run_id":"run-4711","tags":{"region":"eu","shard":"7"},"payload":{"attempt":3,"host":"db-7"}}`
	for name, body := range map[string]string{
		"empty": `{"reports":[]}`, "one": report, "hundred": `{"reports":[` + strings.Repeat(report+",", 99) + report + `]}`,
	} {
		status := 202
		if name == "empty" {
			status = 422
		}
		b.Run(name, func(b *testing.B) {
			f := newFixture(b, func(f *fixture) { f.deps.Store, f.deps.Logger = forgetful{f.store}, nil })
			b.SetBytes(int64(len(body)))
			b.ReportAllocs()
			for b.Loop() {
				r := httptest.NewRequest("POST", "/v1/reports", strings.NewReader(body))
				r.Header.Set("Authorization", "Bearer "+ingestToken)
				w := httptest.NewRecorder()
				if f.handler.ServeHTTP(w, r); w.Code != status {
					b.Fatal(w.Code, w.Body)
				}
			}
		})
	}
}

type forgetful struct{ *store }

func (forgetful) Record(_ context.Context, o []journal.Occurrence) ([]journal.Recorded, error) {
	return make([]journal.Recorded, len(o)), nil
}
