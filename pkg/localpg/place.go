package localpg

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
)

// identity is a user that a server can run as.
type identity struct {
	name string
	// uid and gid are who owns, seen from this process, what the server reads
	// and writes; uid -1 means that this process makes it and nothing is to do.
	uid, gid int
	// attr are the attributes for starting a process as that user.
	attr func() *syscall.SysProcAttr
}

// give makes the user the owner of a file or directory, contents included.
func (id identity) give(path string) error {
	if id.uid < 0 || ownedBy(path, id.uid) {
		return nil
	}
	return filepath.WalkDir(path, func(path string, _ fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return os.Lchown(path, id.uid, id.gid)
	})
}

// place is the directory a server lives in, and the user it runs as.
type place struct {
	dir  string
	user identity
}

func (p place) cluster() string  { return filepath.Join(p.dir, "cluster") }
func (p place) log() string      { return filepath.Join(p.dir, "postgres.log") }
func (p place) password() string { return filepath.Join(p.dir, "password") }

// choose settles which programs run where and as whom. Data that exists
// decides the directory, and by its version the programs; otherwise the first
// combination that works, the data directory itself first.
func choose(ctx context.Context, cfg Config) (programs, place, error) {
	found, err := find(ctx, cfg)
	if err != nil {
		return programs{}, place{}, err
	}
	users := cfg.identities
	if users == nil {
		users = identities()
	}
	dirs := []string{cfg.DataDir}
	if privileged() {
		dirs = append(dirs, stateDirs(cfg.DataDir)...)
	}
	for _, dir := range dirs {
		if _, err := os.Stat(filepath.Join(dir, "cluster", "PG_VERSION")); err == nil {
			dirs = []string{dir}
			break
		}
	}
	var faults []error
	for _, dir := range dirs {
		if err := ownDir(dir, privateMode()); err != nil {
			faults = append(faults, err)
			continue
		}
		fit, err := fitting(found, filepath.Join(dir, "cluster"))
		if err != nil {
			return programs{}, place{}, err
		}
		for _, user := range users {
			at := place{dir: dir, user: user}
			runs, err := at.reach(ctx, fit)
			if err != nil {
				faults = append(faults, fmt.Errorf("as %s in %s: %w", user.name, dir, err))
				continue
			}
			if dir != cfg.DataDir {
				cfg.Log(fmt.Sprintf("The data lies in %s: the user %s cannot enter %s.", dir, user.name, cfg.DataDir))
			}
			return runs, at, nil
		}
	}
	return programs{}, place{}, fmt.Errorf("postgres cannot be run: %w", errors.Join(faults...))
}

// reach tries to run postgres as the place's user from inside the directory.
// That fails where the user may not come; npm programs below a private home
// are copied to where they can be reached.
func (p place) reach(ctx context.Context, programs programs) (programs, error) {
	try := func() error {
		cmd := exec.Command(programs.postgres(), "--version")
		cmd.Dir, cmd.Env = p.dir, childEnv()
		return runProcess(ctx, cmd, p.user)
	}
	err := try()
	if err == nil || programs.npm == "" || !errors.Is(err, fs.ErrPermission) {
		return programs, err
	}
	programs, copyErr := copyPrograms(programs, filepath.Join(p.dir, "programs"))
	if copyErr == nil {
		copyErr = makeLinks(programs.npm)
	}
	if copyErr != nil {
		return programs, errors.Join(err, copyErr)
	}
	return programs, try()
}

// stateDirs are where root keeps a cluster that must not lie in the data
// directory: stable, so that the next start finds it.
func stateDirs(dataDir string) []string {
	name := "rynda-" + shortHash(dataDir)
	return []string{filepath.Join("/var/lib", name), filepath.Join(os.TempDir(), name)}
}

// maxSocketPath is the room in a socket address, less its final zero byte.
const maxSocketPath = 103

// listen settles the address: the socket directory, or a port and password.
func (p place) listen(tcp bool) (address, error) {
	if tcp {
		password, err := p.readPassword()
		if err != nil {
			return address{}, err
		}
		port, err := freePort()
		return address{host: loopback, port: port, password: password}, err
	}
	fits := func(dir string) bool {
		return len(filepath.Join(dir, ".s.PGSQL."+strconv.Itoa(socketPort))) <= maxSocketPath
	}
	if dir := filepath.Join(p.dir, "socket"); fits(dir) {
		return address{host: dir, port: socketPort}, nil
	}
	bases := []string{os.TempDir(), "/tmp"}
	if runtimeDir := os.Getenv("XDG_RUNTIME_DIR"); runtimeDir != "" && !privileged() {
		bases = append([]string{runtimeDir}, bases...)
	}
	for _, base := range bases {
		dir := filepath.Join(base, fmt.Sprintf("rynda-%d-%s", os.Getuid(), shortHash(p.dir)))
		if info, err := os.Stat(base); err == nil && info.IsDir() && filepath.IsAbs(base) && fits(dir) {
			return address{host: dir, port: socketPort}, nil
		}
	}
	return address{}, fmt.Errorf("no directory with a short enough path for the socket (%d bytes): set TMPDIR to one", maxSocketPath)
}

// prepare readies what the server needs besides its cluster: a new socket
// directory of its user's. What a killed server left in the old one would stop
// the next when its process id has come round again. Where others may have
// made a directory of that name, removing it fails, or making it does.
func (p place) prepare(a address) error {
	if err := p.user.give(p.cluster()); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if !a.unix() {
		return nil
	}
	if err := os.RemoveAll(a.host); err != nil {
		return err
	}
	if err := os.Mkdir(a.host, 0o700); err != nil {
		return err
	}
	return p.user.give(a.host)
}

// leave removes a socket directory that lies outside of the place.
func (p place) leave(a address) error {
	if !a.unix() || filepath.Dir(a.host) == p.dir {
		return nil
	}
	return os.RemoveAll(a.host)
}

// ownDir makes a directory or checks that the one that is there belongs to
// this user: in a directory that everybody can write to, somebody else may
// have made it first.
func ownDir(dir string, mode fs.FileMode) error {
	if err := os.MkdirAll(dir, mode); err != nil {
		return err
	}
	info, err := os.Lstat(dir)
	if err != nil {
		return err
	}
	if !info.IsDir() || !ownedBy(dir, os.Getuid()) {
		return fmt.Errorf("%s is not a directory of this user", dir)
	}
	return nil
}

// readPassword returns the password of the superuser, made on first use.
func (p place) readPassword() (string, error) {
	if data, err := os.ReadFile(p.password()); err == nil && len(data) > 0 {
		return string(data), nil
	}
	password := rand.Text()
	return password, os.WriteFile(p.password(), []byte(password), 0o600)
}

// privateMode is the mode of a directory of ours. Root's must be passed
// through by the user the server runs as; it cannot be listed.
func privateMode() fs.FileMode {
	if privileged() {
		return 0o711
	}
	return 0o700
}

func privileged() bool { return os.Geteuid() == 0 }

// shortHash names something by what it depends on: 10 hex digits.
func shortHash(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:5])
}
