package host_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"rynda/pkg/pgtest"
)

// proxy is a program with its settings of this folder, changed only in what is
// of this machine: ports, certificates, folders.
type proxy struct {
	name string
	run  func(t *testing.T, dir, port, upstream string)
}

var proxies = []proxy{{"nginx", runNginx}, {"caddy", runCaddy}, {"haproxy", runHAProxy}}

func runNginx(t *testing.T, dir, port, upstream string) {
	site := replaced(t, "nginx.conf", "127.0.0.1:8700", upstream, "listen 443 ssl http2", "listen 127.0.0.1:"+port+" ssl http2", "  listen [::]:443 ssl http2;\n", "",
		"  listen 80;\n", "  listen 127.0.0.1:"+freePort(t)+";\n", "  listen [::]:80;\n", "", "/etc/ssl/certs/rynda.example.com.pem", dir+"/cert.pem",
		"/etc/ssl/private/rynda.example.com.key", dir+"/key.pem")
	user := ""
	if os.Geteuid() == 0 {
		user = "user root;\n" // or it could not enter the test's folder
	}
	main := user + "daemon off;\npid " + dir + "/nginx.pid;\nerror_log stderr;\nevents {}\nhttp {\naccess_log off;\n"
	for _, kind := range []string{"client_body", "proxy", "fastcgi", "uwsgi", "scgi"} {
		main += kind + "_temp_path " + dir + "/" + kind + ";\n"
	}
	put(t, dir, "nginx.conf", main+site+"}\n")
	start(t, nil, need(t, "nginx"), "-p", dir, "-c", dir+"/nginx.conf", "-e", "stderr")
}

func runCaddy(t *testing.T, dir, port, upstream string) {
	site := replaced(t, "Caddyfile", "127.0.0.1:8700", upstream, "\nrynda.example.com {", "\nhttps://rynda.example.com:"+port+" {\n\ttls "+dir+"/cert.pem "+dir+"/key.pem\n\tbind 127.0.0.1")
	put(t, dir, "Caddyfile", "{\n\tadmin off\n\tauto_https disable_redirects\n}\n"+site)
	start(t, []string{"HOME=" + dir, "XDG_DATA_HOME=" + dir, "XDG_CONFIG_HOME=" + dir}, need(t, "caddy"), "run", "--config", dir+"/Caddyfile", "--adapter", "caddyfile")
}

func runHAProxy(t *testing.T, dir, port, upstream string) {
	put(t, dir, "haproxy.cfg", replaced(t, "haproxy.cfg", "maxconn 20000", "maxconn 200", "127.0.0.1:8700", upstream, "bind :443", "bind 127.0.0.1:"+port, "/etc/haproxy/certs", dir+"/both.pem"))
	start(t, nil, need(t, "haproxy"), "-db", "-f", dir+"/haproxy.cfg")
}

// replaced is a file with pairs of texts replaced, each of which is in it.
func replaced(t *testing.T, name string, pairs ...string) string {
	t.Helper()
	text := read(t, name)
	for i := 0; i < len(pairs); i += 2 {
		if !strings.Contains(text, pairs[i]) {
			t.Fatalf("%s has no %q", name, pairs[i])
		}
		text = strings.ReplaceAll(text, pairs[i], pairs[i+1])
	}
	return text
}

func put(t *testing.T, dir, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// certificate is one for rynda.example.com, in dir.
func certificate(t *testing.T, dir string) *x509.CertPool {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	about := x509.Certificate{SerialNumber: big.NewInt(1), DNSNames: []string{"rynda.example.com"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true}
	raw, err := x509.CreateCertificate(rand.Reader, &about, &about, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	cert := string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: raw}))
	private := string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret}))
	put(t, dir, "cert.pem", cert)
	put(t, dir, "key.pem", private)
	put(t, dir, "both.pem", cert+private)
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM([]byte(cert))
	return pool
}

// through starts the proxy in front of the upstream and returns a client that
// reaches it as https://rynda.example.com.
func (p proxy) through(t *testing.T, upstream string) *http.Client {
	t.Helper()
	dir, port := t.TempDir(), freePort(t)
	roots := certificate(t, dir)
	p.run(t, dir, port, upstream)
	transport := &http.Transport{
		TLSClientConfig: &tls.Config{RootCAs: roots}, ForceAttemptHTTP2: true,
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, network, "127.0.0.1:"+port)
		},
	}
	t.Cleanup(transport.CloseIdleConnections)
	client := &http.Client{Transport: transport}
	await(t, p.name, func() bool {
		answer, err := client.Get("https://rynda.example.com/healthz")
		if err != nil {
			return false
		}
		answer.Body.Close()
		return answer.StatusCode == http.StatusOK
	})
	return client
}

// Events pass one by one over HTTP/2, the metrics do not pass, and what is too
// large is refused.
func TestProxiesLetStreamsThrough(t *testing.T) {
	t.Parallel()
	rynda, err := program()
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range proxies {
		t.Run(p.name, func(t *testing.T) {
			t.Parallel()
			need(t, p.name)
			env := []string{"DATABASE_URL=" + pgtest.New(t), "RYNDA_LISTEN=127.0.0.1:" + freePort(t), "RYNDA_TRUSTED_PROXIES=127.0.0.0/8"}
			start(t, env, rynda, "serve")
			upstream := strings.TrimPrefix(env[1], "RYNDA_LISTEN=")
			client := p.through(t, upstream)
			c := caller{t: t, client: client, url: "https://rynda.example.com"}
			await(t, "the server behind it", c.ready)
			c.tokens(env)

			if status := c.do("GET", "/metrics", "", nil, nil); status != http.StatusNotFound {
				t.Errorf("the metrics: %d", status)
			}
			if status := c.do("POST", "/v1/reports", c.ingest, map[string]string{"message": strings.Repeat("x", 7<<20)}, nil); status != http.StatusRequestEntityTooLarge {
				t.Errorf("7 MB: %d", status)
			}

			r, err := http.NewRequestWithContext(t.Context(), "GET", c.url+"/v1/events/stream?topics=errors", nil)
			if err != nil {
				t.Fatal(err)
			}
			r.Header.Set("Authorization", "Bearer "+c.staff)
			answer, err := client.Do(r)
			if err != nil {
				t.Fatal(err)
			}
			defer answer.Body.Close()
			if answer.ProtoMajor != 2 || answer.StatusCode != http.StatusOK {
				t.Errorf("the stream: %s %s", answer.Proto, answer.Status)
			}
			frames := bufio.NewScanner(answer.Body)
			frames.Buffer(nil, 1<<20)
			heard := make(chan string, 100)
			go func() {
				defer close(heard)
				for frames.Scan() {
					heard <- frames.Text()
				}
			}()
			hear := func(part string) {
				t.Helper()
				for late := time.After(patience); ; {
					select {
					case line, open := <-heard:
						if strings.Contains(line, part) {
							return
						}
						if !open {
							t.Fatalf("the stream ended before %s", part)
						}
					case <-late:
						t.Fatalf("%s was held back", part)
					}
				}
			}
			hear("event: hello")
			for _, message := range []string{"disk is full", "queue is stuck", "node is gone"} {
				c.report(message, "") // the next only when this was seen
				hear(message)
			}
		})
	}
}

// What a caller says of where it is is not believed.
func TestProxiesSayWhomTheySaw(t *testing.T) {
	t.Parallel()
	for _, p := range proxies {
		t.Run(p.name, func(t *testing.T) {
			t.Parallel()
			need(t, p.name)
			echo := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				_ = json.NewEncoder(w).Encode(map[string]any{"host": r.Host, "headers": r.Header})
			}))
			defer echo.Close()
			client := p.through(t, strings.TrimPrefix(echo.URL, "http://"))
			r, err := http.NewRequestWithContext(t.Context(), "POST", "https://rynda.example.com/v1/reports", bytes.NewReader([]byte("{}")))
			if err != nil {
				t.Fatal(err)
			}
			r.Header.Set("X-Forwarded-For", "203.0.113.9")
			r.Header.Set("Forwarded", "for=203.0.113.9")
			answer, err := client.Do(r)
			if err != nil {
				t.Fatal(err)
			}
			defer answer.Body.Close()
			text, _ := io.ReadAll(answer.Body)
			var seen struct {
				Host    string
				Headers http.Header
			}
			if err := json.Unmarshal(text, &seen); err != nil {
				t.Fatal(err)
			}
			if from := strings.Join(seen.Headers["X-Forwarded-For"], ", "); from != "127.0.0.1" || strings.Contains(string(text), "203.0.113.9") || seen.Host != "rynda.example.com" {
				t.Errorf("host %q, from %q: %s", seen.Host, from, text)
			}
		})
	}
}
