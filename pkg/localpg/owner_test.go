package localpg

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// ownerEnv makes the test binary the owner of a server in that directory.
const ownerEnv = "LOCALPG_TEST_OWNER"

// owner starts a server, prints its pid and address, and waits to be killed.
func owner() {
	s, err := Start(context.Background(), Config{DataDir: os.Getenv(ownerEnv), Settings: quick})
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	fmt.Println(s.Pid(), s.URL(""))
	select {}
}

// orphan starts a server in another process and kills that process with -9.
func orphan(t *testing.T, dir string) (pid int) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), ownerEnv+"="+dir)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	var url string
	if _, err := fmt.Sscan(line, &pid, &url); err != nil {
		t.Fatalf("owner said %q", line)
	}
	exec1(t, url, "create table if not exists kept(at timestamptz default now()); insert into kept default values")
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	cmd.Wait()
	return pid
}

func TestKill9_of_the_owner_leads_to_a_clean_stop(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	pid := orphan(t, dir)
	file := filepath.Join(dir, "cluster", "postmaster.pid")
	if gone, err := awaitGone(t.Context(), pid, file, 3*time.Minute); !gone {
		t.Fatalf("the server outlives its owner: %v", err)
	}
	if _, err := os.Stat(file); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("pid file left behind: %v", err)
	}
	// Its last line comes after it has taken its pid file away: the process itself has to be gone.
	if gone, err := awaitGone(t.Context(), pid, dir, time.Minute); !gone {
		t.Errorf("the process outlives its pid file: %v", err)
	}
	log, err := os.ReadFile(filepath.Join(dir, "postgres.log"))
	if err != nil || !strings.HasSuffix(strings.TrimSpace(string(log)), "database system is shut down") {
		t.Errorf("no clean end in the log: %v\n%s", err, log)
	}
}

func TestKill9_of_the_owner_does_not_keep_the_next_one_out(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for range 3 {
		orphan(t, dir) // starts while the server before is still shutting down
	}
	s := start(t, Config{DataDir: dir, Settings: quick})
	if got := query[int](t, s.URL(""), "select count(*) from kept"); got != 3 {
		t.Errorf("%d rows, want 3", got)
	}
}
