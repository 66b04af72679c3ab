// Package aws holds the deployment for AWS to what the code says, without
// Terraform, and runs Terraform's own checks and tests where it can be had.
package aws

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"rynda/functions"
)

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func everything(t *testing.T) string {
	t.Helper()
	files, err := filepath.Glob("*.tf")
	if err != nil || len(files) < 10 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	var all strings.Builder
	for _, f := range files {
		for line := range strings.Lines(read(t, f)) {
			if !strings.HasPrefix(strings.TrimSpace(line), "#") {
				all.WriteString(line)
			}
		}
	}
	return all.String()
}

// number finds the one "name = 12" or "name = 12s" of the text.
func number(t *testing.T, text, name string) int {
	t.Helper()
	found := regexp.MustCompile(`(?m)^\s*`+name+`\s*=\s*(\d+)\b`).FindAllStringSubmatch(text, -1)
	if len(found) != 1 {
		t.Fatalf("%s is set %d times", name, len(found))
	}
	n, err := strconv.Atoi(found[0][1])
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// standard is the default of a setting, in seconds.
func standard(t *testing.T, setting string) int {
	t.Helper()
	found := regexp.MustCompile(`(?m)^` + setting + `  .*; default (\S+)$`).FindStringSubmatch(read(t, "../../functions/internal/wiring/settings.txt"))
	if found == nil {
		t.Fatalf("%s is not a setting", setting)
	}
	d, err := time.ParseDuration(found[1])
	if err != nil {
		t.Fatal(err)
	}
	return int(d / time.Second)
}

func TestEverySettingIsOneThatTheCodeReads(t *testing.T) {
	t.Parallel()
	known := regexp.MustCompile(`(?m)^([A-Z_]+)  `).FindAllStringSubmatch(read(t, "../../functions/internal/wiring/settings.txt"), -1)
	var names []string
	for _, k := range known {
		names = append(names, k[1])
	}
	set := map[string]bool{}
	for _, name := range regexp.MustCompile(`\b(?:RYNDA_[A-Z_]*[A-Z]|DATABASE_URL)\b`).FindAllString(everything(t), -1) {
		set[name] = true
		if !slices.Contains(names, name) {
			t.Errorf("nothing reads %s", name)
		}
	}
	for _, needed := range []string{"DATABASE_URL", "RYNDA_DATABASE_AUTH", "RYNDA_DATABASE_ROLES", "RYNDA_SECRETS_FROM", "RYNDA_PUBLIC_URL", "RYNDA_RELAY_SESSION", "RYNDA_LISTEN", "RYNDA_TRUSTED_PROXIES", "RYNDA_SHUTDOWN_WITHIN"} {
		if !set[needed] {
			t.Errorf("%s is not set", needed)
		}
	}
}

func TestTimesFitIntoEachOther(t *testing.T) {
	t.Parallel()
	relay, front, m := read(t, "relay.tf"), read(t, "front.tf"), functions.Read()
	heartbeat := standard(t, "RYNDA_RELAY_HEARTBEAT")
	if got := number(t, front, "heartbeat_s"); got != heartbeat {
		t.Errorf("Terraform takes the heartbeat for %d s, it is %d", got, heartbeat)
	}
	for name, waits := range map[string]int{"the balancer": number(t, relay, "idle_s"), "the front": number(t, front, "origin_read_s")} {
		if waits <= 3*heartbeat {
			t.Errorf("%s waits %d s, three heartbeats are %d", name, waits, 3*heartbeat)
		}
	}
	if !strings.Contains(read(t, "../../functions/internal/wiring/app.go"), "IdleTimeout:       2 * time.Minute") || number(t, relay, "idle_s") >= 120 {
		t.Error("the process closes quiet connections before the balancer does: the balancer would answer 502")
	}
	if stop, drain := number(t, relay, "stop_s"), number(t, relay, "drain_s"); stop <= drain+2 || stop > 120 {
		t.Errorf("the process is killed after %d s and takes %d", stop, drain+2)
	}
	for name, f := range m.Functions {
		if f.Streaming && (standard(t, "RYNDA_RELAY_SESSION") >= f.TimeoutS || !strings.Contains(read(t, "functions.tf"), `"${each.value.timeout_s - 5}s"`)) {
			t.Errorf("a stream of %s does not end before the function", name)
		}
		if f.ScheduleS%60 != 0 || f.ScheduleS > 0 && f.ScheduleS < 60 {
			t.Errorf("%s: the scheduler counts in minutes, not in %d s", name, f.ScheduleS)
		}
	}
}

func TestEveryDatabaseRoleIsMade(t *testing.T) {
	t.Parallel()
	made, sum := read(t, "../../migrations/roles.go"), 0
	for name, f := range functions.Read().Functions {
		sum += f.Concurrency
		if name != "migrate" && !strings.Contains(made, "'"+f.DatabaseRole+"'") {
			t.Errorf("the migration does not make %s", f.DatabaseRole)
		}
	}
	// What db.t4g.small is given, of which people keep ten.
	variables := read(t, "variables.tf")
	_, after, _ := strings.Cut(variables, `variable "database_connections"`)
	if most := number(t, after[:strings.Index(after, "validation")], "default"); sum+10 > most {
		t.Errorf("functions take %d connections, the database has %d", sum, most)
	}
}

func TestWhatIsSaidOfFilesIsSo(t *testing.T) {
	t.Parallel()
	all := everything(t)
	for _, variable := range regexp.MustCompile(`(?s)variable "(\w+)" \{\n(.*?)\n\}\n`).FindAllStringSubmatch(read(t, "variables.tf"), -1) {
		if !strings.Contains(variable[2], "description") || !strings.Contains(all, "var."+variable[1]) {
			t.Errorf("%s has no description, or nothing uses it", variable[1])
		}
	}
	if strings.Contains(all, "registry.terraform.io") || regexp.MustCompile(`(?i)Resource\s*=\s*"\*"`).MatchString(all) {
		t.Error("a registry is named, or a right is to everything")
	}
}

// TestTerraform runs what Terraform checks by itself. The provider comes from a
// folder, named by TF_PLUGIN_DIR: it weighs 700 MB, and nothing is fetched.
func TestTerraform(t *testing.T) {
	terraform, err := exec.LookPath("terraform")
	plugins := os.Getenv("TF_PLUGIN_DIR")
	if err != nil || plugins == "" {
		t.Skip("terraform test skipped: no terraform, or no provider here (TF_PLUGIN_DIR)")
	}
	if testing.Short() {
		t.Skip("terraform test skipped: -short")
	}
	dir := t.TempDir()
	for _, part := range []string{"infra/aws", "functions"} {
		if err := os.MkdirAll(filepath.Join(dir, part), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	// A copy, so that nothing is left in the checkout.
	root := filepath.Join(dir, "infra", "aws")
	for _, pattern := range []string{"*.tf", "tests/*.hcl", "examples/*.tfvars", "../../functions/manifest.json"} {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) == 0 {
			t.Fatalf("%s: %v", pattern, err)
		}
		for _, f := range files {
			to := filepath.Join(root, f)
			if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(to, []byte(read(t, f)), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	packages := filepath.Join(dir, "packages")
	if err := os.Mkdir(packages, 0o755); err != nil {
		t.Fatal(err)
	}
	for name := range functions.Read().Functions {
		if err := os.WriteFile(filepath.Join(packages, name+".zip"), []byte(name), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	run := func(t *testing.T, args ...string) {
		t.Helper()
		cmd := exec.Command(terraform, args...)
		cmd.Dir = root
		cmd.Env = append(os.Environ(), "TF_DATA_DIR="+filepath.Join(dir, "data"), "TF_IN_AUTOMATION=1", "CHECKPOINT_DISABLE=1")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("terraform %s: %v\n%s", strings.Join(args, " "), err, out)
		}
	}
	run(t, "fmt", "-check", "-recursive")
	if run(t, "init", "-no-color", "-backend=false", "-plugin-dir="+plugins); t.Failed() {
		return
	}
	run(t, "validate", "-no-color")
	examples, _ := filepath.Glob("examples/*.tfvars")
	for _, example := range examples {
		t.Run(filepath.Base(example), func(t *testing.T) {
			run(t, "test", "-no-color", "-var-file="+example, "-var", "packages="+packages)
		})
	}
}
