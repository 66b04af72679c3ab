package wiring

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"os"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/kelseyhightower/envconfig"

	"rynda/functions/internal/secrets"
	"rynda/pkg/auth"
	"rynda/pkg/httpapi"
	"rynda/pkg/postgres"
	"rynda/pkg/relay"
)

// Config is everything that the environment can set. Each package owns the part
// that it understands.
type Config struct {
	// DatabaseURL leads to Postgres 15 or newer. Empty in development starts a
	// private one. Behind a transaction pooler add
	// default_query_exec_mode=cache_describe to it.
	DatabaseURL Secret `envconfig:"DATABASE_URL"`
	// ListenURL leads straight to the primary, for LISTEN and migrations, where
	// DatabaseURL leads through a pooler. Empty is DatabaseURL; "off" means that
	// nobody listens and the log is looked at often instead.
	ListenURL Secret `envconfig:"RYNDA_LISTEN_DATABASE_URL"`
	// DatabaseAuth says where passwords of the database come from: empty is from
	// the address; "iam" signs tokens of AWS IAM; "secret:" and an ARN reads the
	// user and the password out of Secrets Manager, as RDS keeps them.
	DatabaseAuth string `envconfig:"RYNDA_DATABASE_AUTH"`
	// DatabaseRoles has migrate make a role for each function, with the rights
	// that it needs and no others, which members of rds_iam sign in to.
	DatabaseRoles bool `envconfig:"RYNDA_DATABASE_ROLES"`
	// SecretsFrom is the ARN of a secret of AWS Secrets Manager whose text is a
	// JSON object of variables and their values, for those that must not lie in
	// the environment. What the environment says itself comes first.
	SecretsFrom string `envconfig:"RYNDA_SECRETS_FROM"`
	// Listen is the address of the HTTP server.
	Listen string `envconfig:"RYNDA_LISTEN" default:"127.0.0.1:8700"`
	// DataDir holds the state of a development start.
	DataDir string `envconfig:"RYNDA_DATA_DIR" default:".rynda"`
	// Connections is how many connections the pool has at most; 0 is 16.
	Connections int32 `envconfig:"RYNDA_CONNECTIONS" default:"16"`
	// LogLevel is the least level that is logged: debug, info, warn or error.
	LogLevel string `envconfig:"RYNDA_LOG_LEVEL" default:"info"`
	// Session is how long a stream lasts at most in a function, where an open one
	// holds an environment of its own; it ends with a bye a second before. 0 is as
	// long as the function may. A relay that is a process has RYNDA_RELAY_MAX_AGE.
	Session time.Duration `envconfig:"RYNDA_RELAY_SESSION" default:"55s"`
	// ShutdownWithin bounds an orderly end.
	ShutdownWithin time.Duration `envconfig:"RYNDA_SHUTDOWN_WITHIN" default:"10s"`

	// Sweeps says whether a server applies the retention and makes partitions
	// ahead, for which it must own the tables. Somebody has to: one of those that
	// share a database, or the function sweep.
	Sweeps bool `envconfig:"RYNDA_SWEEP" default:"true"`

	Retention postgres.Retention
	Recorder  postgres.RecorderConfig
	Fold      postgres.FoldConfig
	Relay     relay.Config
	HTTP      httpapi.Config
	Auth      auth.Config
}

// Secret is a text that prints as a mark.
type Secret = auth.Secret

// Load reads the environment. Every fault is collected, by the name of the
// variable and never with its value; an empty variable counts as unset, and a
// RYNDA_ name that nothing reads is a fault, since it is a misspelling.
func Load() (Config, error) {
	known := names(reflect.TypeFor[Config]())
	faults := fetch(os.Getenv("RYNDA_SECRETS_FROM"), known)
	for _, entry := range os.Environ() {
		name, value, _ := strings.Cut(entry, "=")
		switch {
		case strings.HasPrefix(name, "RYNDA_") && !slices.Contains(known, name) && !slices.Contains(elsewhere, name):
			faults = append(faults, name+": nothing reads this; see rynda help config")
		case value == "" && slices.Contains(known, name):
			os.Unsetenv(name)
		}
	}
	var config Config
	for range known { // it stops at the first fault: take that one away and look for the next
		err := envconfig.Process("", &config)
		var fault *envconfig.ParseError
		if !errors.As(err, &fault) {
			if err != nil {
				faults = append(faults, "cannot be read") // the cause may hold a value
			}
			break
		}
		name := fault.KeyName[max(strings.Index(fault.KeyName, "RYNDA_"), 0):] // after the name of the struct it is in
		faults = append(faults, fmt.Sprintf("%s: must be a %s", name, fault.TypeName))
		os.Unsetenv(name)
	}
	if len(faults) > 0 {
		slices.Sort(faults)
		return Config{}, fmt.Errorf("the environment is not right:\n  %s", strings.Join(faults, "\n  "))
	}
	return config, nil
}

// fetch sets the variables that a secret holds and the environment does not.
func fetch(secret string, known []string) (faults []string) {
	if secret == "" {
		return nil
	}
	found, err := secrets.Settings(context.Background(), secret)
	if err != nil {
		return []string{"RYNDA_SECRETS_FROM: " + err.Error()}
	}
	for name, value := range found {
		if !slices.Contains(known, name) {
			faults = append(faults, "RYNDA_SECRETS_FROM: it holds a name that nothing reads") // a name may be a secret put in the wrong place
		} else if os.Getenv(name) == "" {
			os.Setenv(name, value)
		}
	}
	return faults
}

// elsewhere are names that other parts read by themselves.
var elsewhere = []string{"RYNDA_POSTGRES_BIN", "RYNDA_TEST_DATABASE_URL", "RYNDA_URL", "RYNDA_TOKEN", "RYNDA_INGEST_TOKEN", "RYNDA_STAFF_TOKEN"}

// names lists the variables of a struct and of the structs in it.
func names(t reflect.Type) (out []string) {
	for field := range fields(t) {
		out = append(out, field.Tag.Get("envconfig"))
	}
	return out
}

func fields(t reflect.Type) func(yield func(reflect.StructField) bool) {
	return func(yield func(reflect.StructField) bool) { walk(t, yield) }
}

func walk(t reflect.Type, yield func(reflect.StructField) bool) bool {
	for i := range t.NumField() {
		field := t.Field(i)
		switch {
		case field.Tag.Get("ignored") == "true":
		case field.Tag.Get("envconfig") != "":
			if !yield(field) {
				return false
			}
		case field.Type.Kind() == reflect.Struct:
			if !walk(field.Type, yield) {
				return false
			}
		}
	}
	return true
}

//go:embed settings.txt
var settings string

// Describe says of every variable what it means and what it is by default, for
// people. It is made of the comments on the fields.
func Describe() string { return settings }
