package main

import (
	"encoding/json"
	"fmt"
	"strings"

	"rynda/pkg/journal"
)

// scenes is what goes wrong on the platform, with how often. Secrets are put
// together from pieces, so that no scanner takes this file for a leak.
var scenes = []scene{
	{30, func(p *play) journal.Report {
		return journal.Report{
			Level: "error", Type: "ConnectError", Source: "billing-worker", Namespace: "billing",
			Message: fmt.Sprintf("dial tcp 10.0.%d.%d:5432: connect: connection refused", p.chance.IntN(255), p.chance.IntN(255)),
			Job:     "invoice-close", RunID: p.run(), TaskID: "charge-" + p.id(), CorrelationID: p.id(),
			Frames: []journal.Frame{
				{Function: "asyncio.run", Module: "asyncio", File: "runners.py", Line: 190},
				{Function: "close_invoices", Module: "billing.jobs", File: "billing/jobs.py", Line: 88, InApp: true},
				{Function: "charge", Module: "billing.charge", File: "billing/charge.py", Line: 41, InApp: true},
				{Function: "connect", Module: "asyncpg", File: "asyncpg/connection.py", Line: 2093},
			},
			Tags:    map[string]string{"region": p.pick("eu-north-1", "eu-west-1"), "attempt": fmt.Sprint(1 + p.chance.IntN(3))},
			Payload: json.RawMessage(`{"dsn":"` + "postgres://billing:" + "hunter2-" + p.id() + `@db.internal/billing","timeout_ms":3000}`),
		}
	}},
	{14, func(p *play) journal.Report {
		return journal.Report{
			Level: "error", Type: "DeployFailed", Source: "control-plane", Namespace: p.pick("shop", "search", "billing"),
			Message:  fmt.Sprintf("rollout of %s timed out after %ds: %d of 3 replicas ready", p.pick("checkout", "catalog", "cart"), 300, p.chance.IntN(3)),
			DeployID: p.deployID(), TaskID: "apply-" + p.id(), CorrelationID: p.id(),
			Links: []journal.Ref{{Kind: "deploy", URL: "https://deploys.example.com/" + p.deployID()}},
		}
	}},
	{9, func(p *play) journal.Report {
		return journal.Report{
			Level: "fatal", Type: "OOMKilled", Source: "cluster-watch", Namespace: "search",
			Message: fmt.Sprintf("pod search-indexer-%s-%s was OOMKilled (exit code 137)", p.id(), p.id()[:5]),
			Job:     "reindex", RunID: p.run(),
			Tags: map[string]string{"node": "node-" + p.id()[:4], "limit": "2Gi"},
		}
	}},
	{12, func(p *play) journal.Report {
		return journal.Report{
			Level: "warning", Type: "SlowQuery", Source: "catalog-api", Namespace: "shop",
			Message: fmt.Sprintf("query took %d ms: select * from products where sku = '%s'", 800+p.chance.IntN(4000), p.id()),
		}
	}},
	{8, func(p *play) journal.Report {
		return journal.Report{
			Level: "error", Type: "TypeError", Source: "storefront", Namespace: "shop",
			Message: "Cannot read properties of undefined (reading 'price')",
			Stack: strings.Join([]string{
				"TypeError: Cannot read properties of undefined (reading 'price')",
				"    at renderCart (/srv/storefront/src/cart.ts:118:31)",
				"    at async handle (/srv/storefront/src/server.ts:52:5)",
				"    at async /srv/storefront/node_modules/koa/lib/application.js:210:9",
			}, "\n"),
			Payload: json.RawMessage(`{"headers":{"authorization":"Bearer ` + "eyJhbGciOi" + "JIUzI1NiJ9." + "eyJzdWIiOiJ" + p.id() + `In0.` + p.id() + p.id() + `","user-agent":"Mozilla/5.0"},"cart":{"items":3,"note":"<b>hello</b>"}}`),
		}
	}},
	{5, func(p *play) journal.Report {
		return journal.Report{
			Level: "error", Type: "", Source: "ночной-отчёт", Namespace: "reports", Environment: "staging",
			Message: fmt.Sprintf("не удалось построить отчёт №%d: файл /var/lib/reports/%s.csv не найден", p.chance.IntN(9000), p.id()),
			Job:     "nightly-report", RunID: p.run(),
		}
	}},
	{4, func(p *play) journal.Report {
		return journal.Report{
			Level: "critical", Type: "CertificateExpired", Source: "edge-proxy", Namespace: "edge",
			Message: fmt.Sprintf("x509: certificate has expired or is not yet valid: current time is after 2026-11-2%d", p.chance.IntN(4)),
			Tags:    map[string]string{"host": p.pick("api.example.com", "shop.example.com")},
		}
	}},
	{6, func(p *play) journal.Report {
		return journal.Report{
			Level: "info", Type: "Retry", Source: "mailer", Namespace: "mail",
			Message: fmt.Sprintf("message %s was sent at the second attempt", p.id()),
		}
	}},
	{7, func(p *play) journal.Report {
		return journal.Report{
			Level: "error", Type: "RateLimited", Source: "payments", Namespace: "billing",
			Message:       fmt.Sprintf("POST https://api.payments.example.com/v1/charges?key=%s: 429 Too Many Requests", "sk_"+"live_"+p.id()+p.id()+p.id()),
			CorrelationID: p.id(), TaskID: "charge-" + p.id(), RunID: p.run(), Job: "invoice-close",
		}
	}},
	{2, func(p *play) journal.Report {
		return journal.Report{
			Level: "panic", Type: "runtime.plainError", Source: "scheduler", Namespace: "core",
			Message: "assignment to entry in nil map",
			Stack: "goroutine 41 [running]:\nscheduler/plan.(*Plan).Assign(0xc0000b2000, {0xc000012345, 0x8})\n\t/src/scheduler/plan/plan.go:97 +0x1c5\n" +
				"scheduler.(*Loop).tick(0xc0001a8000)\n\t/src/scheduler/loop.go:52 +0x88\ncreated by scheduler.Start in goroutine 1\n\t/src/scheduler/loop.go:31 +0x9c",
		}
	}},
}
