package fingerprint

import (
	"strings"
	"testing"
)

// templateCases has a case for every rule of the template.
var templateCases = []struct{ rule, message, want string }{
	{"words stay", "connection refused", "connection refused"},
	{"an empty message has an empty template", "", ""},
	{"blank lines do not count", "\n \n\tfailed  to\tload\n\n", "failed to load"},
	{"two lines are read", "one 1\ntwo 2\nthree 3", "one <n> two <n>"},
	{"a stack frame is not a second line", "boom\n    at run (/app/x.js:1:2)", "boom"},
	{"a traceback is its last line", "Traceback (most recent call last):\n  File \"x.py\", line 1, in f\nKeyError: 'a_b'", "KeyError: 'a_b'"},
	{"colours are removed", "\x1b[31mERROR\x1b[0m bad\x00 thing", "ERROR bad thing"},
	{"invalid UTF-8 is replaced", "bad \xff byte", "bad \uFFFD byte"},
	{"unusual spaces are spaces", "1\u00a0000\u2009мс", "<n> <dur>"},

	{"a URL keeps scheme and host", "GET https://api.example.com/v1/users/5?x=1: timeout", "GET https://api.example.com/<path>: timeout"},
	{"a URL without a path has none", "see https://example.com.", "see https://example.com."},
	{"a URL in brackets ends there", "(http://a.example/x/1)", "(http://a.example/<path>)"},
	{"a URL keeps a chosen port", "http://localhost:8080/x down", "http://localhost:8080/<path> down"},
	{"a URL loses a port drawn at random", "http://localhost:41233/x down", "http://localhost/<path> down"},
	{"a URL to an address", "http://10.0.0.7:9000/x and http://[fe80::1]:80/y", "http://<ip>/<path> and http://<ip>/<path>"},
	{"a URL loses its user", "postgres://app:[redacted:password]@db:5432/app refused", "postgres://db:5432/<path> refused"},
	{"a URL's host is a name like others", "http://api-6b8f7d9xz4-2gz9z.svc:80/x", "http://api-<id>.svc:80/<path>"},

	{"an e-mail address", "mail to u1.x+y@corp.example.com: full", "mail to <email>: full"},
	{"a package with a version is no e-mail address", "build-210@1.9.6 failed", "build-<n>@<ver> failed"},
	{"a UUID", "run 9045a2f7-a479-4af2-94c8-dc2b9b40948a failed", "run <uuid> failed"},
	{"a UUID inside a name", "upload-9045A2F7-A479-4AF2-94C8-DC2B9B40948A.tmp", "upload-<uuid>.tmp"},

	{"RFC 3339", "at 2026-04-24T09:26:08.553Z", "at <ts>"},
	{"an offset", "at 2026-04-24T09:26:08+03:00 x", "at <ts> x"},
	{"SQL time", "at 2026-04-24 09:26:08,553 x", "at <ts> x"},
	{"Go's time", "at 2026-04-24 09:26:08.5 +0300 MSK m=+0.12 x", "at <ts> x"},
	{"a date", "on 2026/04/24 x", "on <ts> x"},
	{"a date the other way", "24.04.2026 09:26 x", "<ts> x"},
	{"basic format", "20260424T092608Z x", "<ts> x"},
	{"HTTP date", "Fri, 24 Apr 2026 09:26:08 GMT x", "<ts> x"},
	{"C time", "Fri Apr 24 09:26:08 UTC 2026 x", "<ts> x"},
	{"syslog time", "Apr  4 09:26:08 host x", "<ts> host x"},
	{"access log time", "[24/Apr/2026:09:26:08 +0300] x", "[<ts>] x"},
	{"Russian date", "24 апреля 2026 x", "<ts> x"},
	{"time of day", "at 09:26:08 x", "at <ts> x"},
	{"line and column are numbers", "a.go:12:34: x", "a.go:<n>:<n>: x"},
	{"three numbers after a name are no time", "a.go:12:34:56 x", "a.go:<n>:<n>:<n> x"},
	{"May is a word too", "it may fail in May", "it may fail in May"},

	{"IPv4 with a port", "dial tcp 10.0.0.1:5432: refused", "dial tcp <ip>: refused"},
	{"IPv4 with a prefix", "10.0.0.0/24 taken", "<ip> taken"},
	{"the port of a service", "listen tcp :8080: in use; localhost:5432", "listen tcp :8080: in use; localhost:5432"},
	{"a port drawn at random", "listen tcp :41233: in use; localhost:41233", "listen tcp :<n>: in use; localhost:<n>"},
	{"two addresses and an arrow", "read tcp 10.0.0.1:4->10.0.0.2:5: x", "read tcp <ip>-><ip>: x"},
	{"IPv6", "no route to fe80::b081:abd1:d97a x", "no route to <ip> x"},
	{"IPv6 in brackets is as IPv4", "dial tcp [2001:db8::1]:5432: refused", "dial tcp <ip>: refused"},
	{"IPv6 loopback", "bind ::1 failed", "bind <ip> failed"},
	{"IPv6 with IPv4 inside", "from ::ffff:10.0.0.1 x", "from <ip> x"},
	{"MAC", "port 00:1a:2b:3c:4d:5e down", "port <mac> down"},
	{"C++ names are no addresses", "std::bad_alloc in Face::Add", "std::bad_alloc in Face::Add"},

	{"numbers", "5 of -10, 3.14, 1e-5, 90% of +7", "<n> of <n> of <n>"},
	{"digits in groups", "1,234,567 bytes", "<n>,<size>"},
	{"money and signs", "$4385.54 #15455 №7", "$<n> #<n> №<n>"},
	{"a ratio", "attempt 6/10", "attempt <n>/<n>"},
	{"an ordinal", "3rd try", "<n> try"},
	{"a version", "node v20.9.6 and 1.2.3-rc.1 and 1.2.3-alpine", "node <ver> and <ver> and <ver>"},
	{"a word joins its plural after a number", "1 file, 5 files; 1 match or 2 matches", "<n> file, <n> file; <n> match or <n> match"},
	{"a plural that changes its ending", "1 retry, 5 retries, 1 entry, 3 entries", "<n> retry, <n> retry, <n> entry, <n> entry"},
	{"Russian nouns after numbers", "3 ошибки, 11 ошибок, 1 ошибка", "<n> ошибк, <n> ошибк, <n> ошибк"},
	{"short words after numbers stay", "user 5 has no role", "user <n> has no role"},

	{"status codes stay", "exit status 137", "exit status 137"},
	{"status codes after a colon", "StatusCode: 404, RequestID: 7", "StatusCode: 404, RequestID: <n>"},
	{"status codes in JSON", `{"status":503,"id":55}`, `{"status":503,"id":<n>}`},
	{"HTTP line", "HTTP/1.1 503 Service Unavailable", "HTTP/1.1 503 Service Unavailable"},
	{"SQLSTATE", "(SQLSTATE 42P01) 42", "(SQLSTATE 42P01) <n>"},
	{"errno", "[Errno 111] refused", "[Errno 111] refused"},
	{"a negative code", "exit code: -1", "exit code: -1"},
	{"a code in hexadecimal", "exit status 0xc0000005", "exit status 0xc0000005"},
	{"error code after the word error", "error 1045 (28000)", "error 1045 (<n>)"},
	{"a count after error: is no code", "error: 12 rows", "error: <n> row"},
	{"a long number is no code", "code 123456", "code <n>"},
	{"a duration is no code", "exit 5s", "exit <dur>"},
	{"returned status", "server returned 502", "server returned 502"},
	{"returned rows", "query returned 500 rows", "query returned <n> row"},
	{"returned status before a preposition", "returned 404 in 5ms", "returned 404 in <dur>"},
	{"returned errno", "read returned -11", "read returned -11"},
	{"status of an access log", `POST /v1/orders/227 500 12ms; GET /a: 404; GET https://a.example/b => 502`, `POST /v1/orders/<n> 500 <dur>; GET /a: 404; GET https://a.example/<path> => 502`},
	{"status of HTTP after got and failed", "got 404 from x, request failed with 503", "got 404 from x, request failed with 503"},
	{"other numbers after got and failed", "expected 5 columns, got 300, failed: 450 files", "expected <n> column, got <n>, failed: <n> file"},
	{"status of HTTP after error:", "Error: 404", "Error: 404"},
	{"status in brackets", "<Response [500]>", "<Response [500]>"},
	{"classes of status", "HTTP 5xx rate high", "HTTP 5xx rate high"},
	{"SQLCODE", "SQLCODE -204", "SQLCODE -204"},
	{"result in hexadecimal", "HRESULT: 0x80070057, exception 0xC0000005, error 0x80070005 x", "HRESULT: 0x80070057, exception 0xC0000005, error 0x80070005 x"},
	{"Russian codes with a capital", "Код 404, Ошибка 500 при записи, Статус: 502, код ошибки 7", "Код 404, Ошибка 500 при записи, Статус: 502, код ошибки 7"},
	{"numbered codes with more digits or a letter", "AADSTS700016 SQL0204N", "AADSTS700016 SQL0204N"},
	{"Russian codes", "код ответа 502, процесс 5 с кодом 137", "код ответа 502, процесс <n> с кодом 137"},
	{"numbered error codes", "ORA-00942 TS2304", "ORA-00942 TS2304"},

	{"durations", "8m25s 940ms 46.5s 1h2m3s 5µs", "<dur>"},
	{"durations with a space", "after 10.02 seconds, 5 min", "after <dur>"},
	{"Russian durations", "через 5 секунд и 1 час и 30 мс.", "через <dur> и <dur> и <dur>."},
	{"a preposition is no second", "ошибка № 5 с базой", "ошибка № <n> с базой"},
	{"sizes", "used 460MiB of 1.5 GB, 16Gi", "used <size> of <size>"},
	{"Russian sizes", "занято 5 МБ", "занято <size>"},
	{"0x", "address 0x55246fa3447a", "address <hex>"},
	{"a commit", "checkout a76cc0b: x", "checkout <n>: x"},
	{"a commit of digits", "checkout 1234567: x", "checkout <n>: x"},
	{"words of hexadecimal letters stay", "facade decade acceded", "facade decade acceded"},

	{"a path keeps its words", "open /var/lib/jobs/623/input.csv: x", "open /var/lib/jobs/<n>/input.csv: x"},
	{"a temporary directory", "open /tmp/tmpab3x9k2q/x", "open /tmp/tmp<id>/x"},
	{"a temporary directory with joints", "open /tmp/tmp_pz4ipi7/x", "open /tmp/tmp<id>/x"},
	{"digits in words", "user64715 on host6", "user<n> on host<n>"},
	{"a pod", `pods "etl-worker-rfw7jqp79m-98rdc" not found`, `pods "etl-worker-<id>" not found`},
	{"a pod whose suffix has letters only", "pod etl-worker-rfw7jqp79m-xbcdf lost", "pod etl-worker-<id> lost"},
	{"a pod of a CronJob", "nightly-etl-28786764-r6sd6 lost", "nightly-etl-<id> lost"},
	{"a pod of a DaemonSet", "fluentd-xk9zt lost", "fluentd-<id> lost"},
	{"a pod of a StatefulSet", "redis-0 lost", "redis-<n> lost"},
	{"a session", "session-a8f3kq2z expired", "session-<id> expired"},
	{"words of five letters stay", "read-https write-mysql two-words", "read-https write-mysql two-words"},
	{"a prefixed id", "No such charge: ch_JOtUsFxG3qM3kCJ7JJj1Njy8", "No such charge: ch_<id>"},
	{"a prefixed id without digits", "request req_JPANiDDYizzRYc", "request req_<id>"},
	{"snake and camel case stay", "on_CustomerNotFound get_customer_id", "on_CustomerNotFound get_customer_id"},
	{"a ULID", "task 01JW7WYB908QZFQNRG1C0G3BKH late", "task <id> late"},
	{"base64url", "session gSD-4kfP2_jBj5vQx7Zt9 or _7Lz4kfP2jBj5vQx7Zt9a gone", "session <id> or <id> gone"},
	{"base64 without digits", "HostID: iurWYGyGFGebhTpJPzfTkV== or +urWYGy5FGebhTpJPzfTkV==", "HostID: <id> or <id>"},
	{"base64", "HostID: Xk2+abcdEFG/hijk5lmnop==, x", "HostID: <id>, x"},
	{"words with known digits stay", "x509 sha256 utf8 ipv4 s3 k8s oauth2 http2 base64 int64 v1 v2", "x509 sha256 utf8 ipv4 s3 k8s oauth2 http2 base64 int64 v1 v2"},
	{"camel case keeps its words", "parseInt64Value readUtf8String", "parseInt<n>Value readUtf<n>String"},

	{"a lone quoted character", `invalid character 'a' or "\n" or '\''`, `invalid character '<c>' or "<c>" or '<c>'`},
	{"a quoted letter of another alphabet", "символ 'ж'", "символ '<c>'"},
	{"a lone quoted digit is a number", `no row "5" in "10"`, `no row "<n>" in "<n>"`},
	{"unless it is called a character", `invalid character '5'`, `invalid character '<c>'`},
	{"quoted words stay", `relation "users" and 'orders'`, `relation "users" and 'orders'`},
	{"an apostrophe is no quote", "it's user 5's turn", "it's user <n>'s turn"},
	{"lists are one item", "rows: 1, 2, 3", "rows: <n>"},
	{"lists of names", "user-5, user-6,user-7 gone", "user-<n> gone"},
	{"lists in brackets", `["id-1", "id-2"]`, `["id-<n>"]`},
	{"repeated words are no list", "no, no, no", "no, no, no"},

	{"marks stay", "token=[redacted:token] of [redacted:api-key]", "token=[redacted:token] of [redacted:api-key]"},
	{"a list of marks is one mark", "cards [redacted:card], [redacted:card]", "cards [redacted:card]"},
	{"a mark with digits in its kind", "[redacted:oauth2] 5", "[redacted:oauth2] <n>"},
	{"what looks like a mark is text", "[redacted: 5]", "[redacted: <n>]"},
}

func TestTemplate(t *testing.T) {
	for _, c := range templateCases {
		t.Run(c.rule, func(t *testing.T) {
			if got := Template(c.message); got != c.want {
				t.Errorf("Template(%q)\n got %q\nwant %q", c.message, got, c.want)
			}
			again := Template(c.want)
			if c.rule == "a URL's host is a name like others" {
				return // a placeholder ends a URL
			}
			if again != c.want {
				t.Errorf("the template of the template %q is %q", c.want, again)
			}
		})
	}
}

func TestTemplate_is_cut_by_its_own_length(t *testing.T) {
	tail := strings.Repeat(" and some words more", 60)
	long := Template("job 5 failed" + tail)
	if !strings.HasPrefix(long, "job <n> failed") || len(long) > maxTemplate || len(long) < maxTemplate-20 {
		t.Fatalf("%d bytes: %q", len(long), long)
	}
	if a, b := Template("job 5 failed"+tail), Template("job 512345 failed"+tail); a != b {
		t.Errorf("a longer number moved the cut:\n%q\n%q", a, b)
	}
	for n := range 40 {
		got := Template(strings.Repeat("x", maxTemplate-n) + " [redacted:token] ж")
		if strings.Contains(got, "[red") && !strings.Contains(got, "[redacted:token]") {
			t.Errorf("a mark was cut: …%q", got[len(got)-20:])
		}
	}
}

func TestTemplate_cuts_between_characters(t *testing.T) {
	for n := range 8 {
		got := Template(strings.Repeat("x", n) + strings.Repeat("ж", 2000))
		if len(got) > maxTemplate || strings.Contains(got, "\uFFFD") {
			t.Errorf("%d bytes, ends in %q", len(got), got[len(got)-4:])
		}
	}
}

func TestTemplate_allocates_its_result_only(t *testing.T) {
	for _, c := range templateCases {
		if n := testing.AllocsPerRun(10, func() { Template(c.message) }); n > 1 {
			t.Errorf("%s: %v allocations", c.rule, n)
		}
	}
}
