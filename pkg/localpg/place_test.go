package localpg

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// openDir is a temporary directory that every user can pass through, which
// t.TempDir is not for root's children.
func openDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("/tmp", "localpg-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o711); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestStart_as_every_user_that_root_can_become(t *testing.T) {
	t.Parallel()
	if !privileged() {
		t.Skip("only root has to become somebody else")
	}
	for _, user := range identities() {
		t.Run(user.name, func(t *testing.T) {
			t.Parallel()
			dir := filepath.Join(openDir(t), "data")
			s := start(t, Config{DataDir: dir, Settings: quick, identities: []identity{user}})
			exec1(t, s.URL(""), "create table kept as select 7 as n")
			if s.place.dir != dir || !ownedBy(s.Dir(), user.uid) {
				t.Errorf("cluster in %s, not of user %d", s.Dir(), user.uid)
			}
			if err := s.StopImmediate(); err != nil {
				t.Fatal(err)
			}
			if err := s.Restart(t.Context()); err != nil {
				t.Fatal(err)
			}
			if got := query[int](t, s.URL(""), "select n from kept"); got != 7 {
				t.Errorf("found %d, want 7", got)
			}
		})
	}
}

func TestStart_under_a_private_home(t *testing.T) {
	t.Parallel()
	if !privileged() {
		t.Skip("only root has to become somebody else")
	}
	for _, user := range identities() {
		t.Run(user.name, func(t *testing.T) {
			t.Parallel()
			home := openDir(t)
			if err := os.Chmod(home, 0o700); err != nil {
				t.Fatal(err)
			}
			dir := filepath.Join(home, "data")
			t.Cleanup(func() {
				for _, state := range stateDirs(dir) {
					os.RemoveAll(state)
				}
			})
			var said []string
			cfg := Config{DataDir: dir, Settings: quick, identities: []identity{user}, Log: func(s string) { said = append(said, s) }}
			s := start(t, cfg)
			exec1(t, s.URL(""), "create table kept as select 7 as n")
			outside := !strings.HasPrefix(s.Dir(), home)
			if outside != (user.uid != 0) || outside != strings.Contains(strings.Join(said, "\n"), "cannot enter "+dir) {
				t.Errorf("cluster in %s; said %q", s.Dir(), said)
			}
			if err := s.Stop(); err != nil {
				t.Fatal(err)
			}
			again := start(t, cfg)
			if got := query[int](t, again.URL(""), "select n from kept"); got != 7 {
				t.Errorf("found %d, want 7", got)
			}
		})
	}
}

// Another container may allow what this one forbids, so the same data may see
// different users.
func TestStart_changes_the_owner_with_the_user(t *testing.T) {
	t.Parallel()
	if !privileged() {
		t.Skip("only root has to become somebody else")
	}
	dir := filepath.Join(openDir(t), "data")
	for i, user := range append(identities(), identities()[0]) {
		s := start(t, Config{DataDir: dir, Settings: quick, identities: []identity{user}})
		exec1(t, s.URL(""), "create table if not exists kept(); alter table kept add column c_"+string(rune('a'+i))+" int")
		if err := s.Stop(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestStart_never_uses_a_directory_that_is_somebody_elses(t *testing.T) {
	t.Parallel()
	if !privileged() {
		t.Skip("needs a directory of another user")
	}
	dir := filepath.Join(openDir(t), "squatted")
	if err := os.Mkdir(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.Lchown(dir, 65534, 65534); err != nil {
		t.Fatal(err)
	}
	if err := ownDir(dir, 0o700); err == nil {
		t.Error("a directory of another user was accepted")
	}
	link := dir + "-link"
	if err := os.Symlink(openDir(t), link); err != nil {
		t.Fatal(err)
	}
	if err := ownDir(link, 0o700); err == nil {
		t.Error("a link was accepted")
	}
	if err := (place{user: identity{uid: -1}}).prepare(address{host: link}); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Lstat(link); err != nil || !info.IsDir() || info.Mode().Perm() != 0o700 {
		t.Errorf("the socket directory is what was there before: %v, %v", info.Mode(), err)
	}
}
