package wiring

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
)

// What a secret holds is set like the environment, and what the environment says
// itself comes first.
func TestLoadReadsSettingsOutOfASecret(t *testing.T) {
	text := `{"RYNDA_OIDC_CLIENT_SECRET":"hunter2","RYNDA_LOG_LEVEL":"debug"}`
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_ = json.NewEncoder(w).Encode(map[string]string{"SecretString": text})
	}))
	defer server.Close()
	for name, value := range map[string]string{"AWS_ENDPOINT_URL_SECRETS_MANAGER": server.URL, "AWS_ACCESS_KEY_ID": "id", "AWS_SECRET_ACCESS_KEY": "key",
		"RYNDA_SECRETS_FROM": "arn:aws:secretsmanager:eu-north-1:111122223333:secret:rynda", "RYNDA_LOG_LEVEL": "warn", "RYNDA_OIDC_CLIENT_SECRET": ""} {
		t.Setenv(name, value)
	}
	config, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	if string(config.Auth.OIDC.ClientSecret) != "hunter2" || config.LogLevel != "warn" {
		t.Errorf("secret %q, level %q", string(config.Auth.OIDC.ClientSecret), config.LogLevel)
	}
	text = `{"RYNDA_OIDC_SECRET_hunter2":"x"}`
	os.Unsetenv("RYNDA_OIDC_CLIENT_SECRET")
	if _, err := Load(); err == nil || strings.Contains(err.Error(), "hunter2") || !strings.Contains(err.Error(), "RYNDA_SECRETS_FROM") {
		t.Errorf("a name that nothing reads: %v", err)
	}
}
