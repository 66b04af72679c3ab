package httpapi

import (
	"context"
	"net/http"
	"time"

	"rynda/pkg/auth"
)

// Health is the answer of a process that can serve.
type Health struct {
	Status string `json:"status" enum:"ok"`
}

type healthOutput struct {
	Body Health
}

func (s *server) serviceOperations(routes *router) {
	register(s, spec{
		Operation:   Operation{ID: "get-health", Method: http.MethodGet, Path: "/healthz", Need: auth.Nobody},
		tag:         "Service",
		summary:     "Is the process alive",
		description: "Answers without looking at anything else.",
	}, func(context.Context, *struct{}) (*healthOutput, error) {
		return &healthOutput{Body: Health{Status: "ok"}}, nil
	})
	register(s, spec{
		Operation:   Operation{ID: "get-readiness", Method: http.MethodGet, Path: "/readyz", Need: auth.Nobody},
		tag:         "Service",
		summary:     "Can the process serve",
		description: "200 when the database answers and its schema is the one expected; 503 otherwise, within a second.",
	}, s.getReadiness)
	s.describeText(spec{
		Operation:   Operation{ID: "get-metrics", Method: http.MethodGet, Path: "/metrics", Need: auth.Nobody},
		tag:         "Service",
		summary:     "Metrics",
		description: "In the text format of Prometheus. Keep it from the public at the proxy.",
	}, "text/plain")
	s.describeText(spec{
		Operation:   Operation{ID: "get-openapi", Method: http.MethodGet, Path: "/openapi.yaml", Need: auth.Nobody},
		tag:         "Service",
		summary:     "This document",
		description: "OpenAPI 3.1.",
	}, "application/yaml")
	s.describeText(spec{
		Operation:   Operation{ID: "get-docs", Method: http.MethodGet, Path: "/docs", Need: auth.Nobody},
		tag:         "Service",
		summary:     "This document, to read",
		description: "A page that needs nothing from elsewhere.",
	}, "text/html")
	routes.handle(http.MethodGet, "/metrics", "get-metrics", func(w http.ResponseWriter, r *http.Request) {
		if s.Metrics == nil {
			notFound().write(w, r)
			return
		}
		s.Metrics.ServeHTTP(w, r)
	})
	routes.handle(http.MethodGet, "/openapi.yaml", "get-openapi", func(w http.ResponseWriter, r *http.Request) {
		s.published().document.ServeHTTP(w, r)
	})
	routes.handle(http.MethodGet, "/docs", "get-docs", func(w http.ResponseWriter, r *http.Request) {
		s.published().page.ServeHTTP(w, r)
	})
	for name := range docsFiles {
		routes.handle(http.MethodGet, "/docs/"+name, "get-docs", func(w http.ResponseWriter, r *http.Request) {
			docsFiles[name].ServeHTTP(w, r)
		})
	}
}

func (s *server) getReadiness(ctx context.Context, _ *struct{}) (*healthOutput, error) {
	if s.Ready != nil {
		ctx, cancel := within(ctx, time.Second)
		defer cancel()
		if err := s.Ready(ctx); err != nil {
			return nil, unavailable("Not ready.", err)
		}
	}
	return &healthOutput{Body: Health{Status: "ok"}}, nil
}
