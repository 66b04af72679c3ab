package localpg

import (
	"fmt"
	"net"
	"net/url"
	"strconv"
)

// socketPort is the number in the name of the unix socket; nothing listens on
// it as a port.
const socketPort = 5432

// superuser is the role of a private server. What the product does with lesser
// roles is in its migrations.
const superuser = "postgres"

const loopback = "127.0.0.1"

// address is how a server is reached: by a socket directory, or by a port of
// 127.0.0.1 with a password.
type address struct {
	host     string
	port     int
	password string
}

// url is complete, so that no PG… variable of the environment has a say.
func (a address) url(database string) string {
	query := url.Values{"host": {a.host}, "port": {strconv.Itoa(a.port)}, "user": {superuser}, "sslmode": {"disable"}}
	if a.password != "" {
		query.Set("password", a.password)
	}
	return (&url.URL{Scheme: "postgres", Host: "", Path: "/" + database, RawQuery: query.Encode()}).String()
}

// unix reports whether the address is a socket directory.
func (a address) unix() bool { return a.host != loopback }

// settings make postgres listen there and nowhere else.
func (a address) settings() map[string]string {
	m := map[string]string{"port": strconv.Itoa(a.port), "listen_addresses": "", "unix_socket_directories": ""}
	if a.unix() {
		m["unix_socket_directories"] = a.host
	} else {
		m["listen_addresses"] = a.host
	}
	return m
}

// freePort returns a port that was free a moment ago.
func freePort() (int, error) {
	l, err := net.Listen("tcp", loopback+":0")
	if err != nil {
		return 0, fmt.Errorf("find a free port: %w", err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}
