package secrets_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/jackc/pgx/v5"

	"rynda/functions/internal/secrets"
)

const (
	arn      = "arn:aws:secretsmanager:eu-north-1:111122223333:secret:rynda-AbCdEf"
	id       = "AKIDEXAMPLE"
	password = "not-a-real-secret-key" // signs, and must not be seen
)

// asFunction sets the environment that Lambda gives to a function.
func asFunction(t *testing.T) {
	t.Helper()
	for name, value := range map[string]string{"AWS_ACCESS_KEY_ID": id, "AWS_SECRET_ACCESS_KEY": password, "AWS_SESSION_TOKEN": "session",
		"AWS_REGION": "eu-north-1", "AWS_CONTAINER_CREDENTIALS_FULL_URI": "", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": ""} {
		t.Setenv(name, value)
	}
}

// vault answers as Secrets Manager does, to who signs as it demands.
func vault(t *testing.T, text string) {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		var asked struct{ SecretId string }
		_ = json.Unmarshal(body, &asked)
		when, err := time.Parse("20060102T150405Z", r.Header.Get("X-Amz-Date"))
		again, _ := http.NewRequest(r.Method, "http://"+r.Host+r.URL.String(), strings.NewReader(string(body)))
		for _, name := range []string{"Content-Type", "X-Amz-Target"} {
			again.Header.Set(name, r.Header.Get(name))
		}
		hash := sha256.Sum256(body)
		_ = v4.NewSigner().SignHTTP(t.Context(), aws.Credentials{AccessKeyID: id, SecretAccessKey: password, SessionToken: "session"},
			again, hex.EncodeToString(hash[:]), "secretsmanager", "eu-north-1", when)
		switch {
		case err != nil || r.Header.Get("Authorization") != again.Header.Get("Authorization"):
			http.Error(w, `{"__type":"InvalidSignatureException"}`, http.StatusForbidden)
		case r.Header.Get("X-Amz-Target") != "secretsmanager.GetSecretValue" || asked.SecretId != arn:
			http.Error(w, `{"__type":"ResourceNotFoundException"}`, http.StatusBadRequest)
		default:
			_ = json.NewEncoder(w).Encode(map[string]string{"ARN": arn, "SecretString": text})
		}
	}))
	t.Cleanup(server.Close)
	t.Setenv("AWS_ENDPOINT_URL_SECRETS_MANAGER", server.URL)
}

func TestTokenOfIAMIsForTheConnectionThatIsMade(t *testing.T) {
	asFunction(t)
	fill, err := secrets.ForDatabase("iam")
	if err != nil {
		t.Fatal(err)
	}
	config, err := pgx.ParseConfig("postgres://rynda_feed@journal.abc.eu-north-1.rds.amazonaws.com:5432/rynda?sslmode=verify-full")
	if err != nil {
		t.Fatal(err)
	}
	if err := fill(t.Context(), config); err != nil {
		t.Fatal(err)
	}
	token, err := url.Parse("https://" + config.Password)
	if err != nil {
		t.Fatal(err)
	}
	q := token.Query()
	for name, want := range map[string]string{"Action": "connect", "DBUser": "rynda_feed", "X-Amz-Expires": "900", "X-Amz-Security-Token": "session"} {
		if q.Get(name) != want {
			t.Errorf("%s is %q, want %q", name, q.Get(name), want)
		}
	}
	if token.Host != "journal.abc.eu-north-1.rds.amazonaws.com:5432" || !strings.Contains(q.Get("X-Amz-Credential"), "/eu-north-1/rds-db/") {
		t.Errorf("the token is for %s, %s", token.Host, q.Get("X-Amz-Credential"))
	}
	if config.User != "rynda_feed" || strings.Contains(config.Password, password) {
		t.Errorf("user %s", config.User)
	}
}

func TestPasswordOfASecretIsReadAtEachConnection(t *testing.T) {
	asFunction(t)
	vault(t, `{"username":"rynda_owner","password":"first"}`)
	fill, err := secrets.ForDatabase("secret:" + arn)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"first", "renewed"} {
		config := &pgx.ConnConfig{}
		if err := fill(t.Context(), config); err != nil || config.User != "rynda_owner" || config.Password != want {
			t.Errorf("user %q, password %q: %v", config.User, config.Password, err)
		}
		vault(t, `{"username":"rynda_owner","password":"renewed"}`)
	}
}

func TestSettingsOfASecret(t *testing.T) {
	asFunction(t)
	vault(t, `{"RYNDA_OIDC_CLIENT_SECRET":"x"}`)
	if got, err := secrets.Settings(t.Context(), arn); err != nil || len(got) != 1 || got["RYNDA_OIDC_CLIENT_SECRET"] != "x" {
		t.Errorf("%v %v", got, err)
	}
}

// A task of ECS asks for credentials that expire.
func TestCredentialsOfATask(t *testing.T) {
	asFunction(t)
	asked := ""
	task := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = r.Header.Get("Authorization")
		_ = json.NewEncoder(w).Encode(map[string]string{"AccessKeyId": id, "SecretAccessKey": password, "Token": "session",
			"Expiration": time.Now().Add(time.Hour).UTC().Format(time.RFC3339)})
	}))
	defer task.Close()
	t.Setenv("AWS_ACCESS_KEY_ID", "")
	t.Setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", task.URL)
	t.Setenv("AWS_CONTAINER_AUTHORIZATION_TOKEN", "let me in")
	vault(t, `{"a":"b"}`)
	if got, err := secrets.Settings(t.Context(), arn); err != nil || got["a"] != "b" || asked != "let me in" {
		t.Errorf("%v %v, asked as %q", got, err, asked)
	}
}

func TestFaultsShowNothing(t *testing.T) {
	asFunction(t)
	for _, text := range []string{"", "hunter2 is not JSON", `["hunter2"]`, `{"username":"hunter2"}`} {
		vault(t, text)
		fill, err := secrets.ForDatabase("secret:" + arn)
		if err != nil {
			t.Fatal(err)
		}
		if err := fill(t.Context(), &pgx.ConnConfig{}); err == nil || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%q: %v", text, err)
		}
	}
	vault(t, `{}`)
	t.Setenv("AWS_SECRET_ACCESS_KEY", "another-secret-key")
	if _, err := secrets.Settings(t.Context(), arn); err == nil || !strings.Contains(err.Error(), "403") || strings.Contains(err.Error(), "another") {
		t.Errorf("with a wrong key: %v", err)
	}
	for _, source := range []string{"kerberos", "secret:", "secret:hunter2", "secret:arn:aws:ssm:x:1:parameter:y"} {
		if _, err := secrets.ForDatabase(source); err == nil || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: %v", source, err)
		}
	}
	t.Setenv("AWS_ACCESS_KEY_ID", "")
	if _, err := secrets.ForDatabase("iam"); err == nil {
		t.Error("a token of IAM without credentials")
	}
}
