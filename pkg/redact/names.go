package redact

import (
	"bytes"
	"strings"
)

// trust says how far a key's name alone condemns its value.
type trust uint8

const (
	innocent   trust = iota
	suspicious       // the value goes if it reads like generated text
	condemned        // the value goes whatever it looks like
)

// maxName is how much of a key is looked at, counted from its end: names are
// built as in database_admin_password, the noun last.
const maxName = 64

// nameKind classifies the name of a key, header, tag, flag, query parameter or
// environment variable by its last words, however they are joined (snake, kebab,
// camel, dotted or glued), in English and Russian.
func nameKind(key string) (string, trust) {
	if strings.IndexByte(key, '[') >= 0 {
		key = withoutMarks(key)
	}
	var buf [maxName]byte
	n, last := foldName(&buf, key)
	if n < 2 {
		return "", innocent
	}
	return foldedKind(buf[:n], last, key)
}

// foldName writes the key's letters and digits, lower-cased, into buf and returns
// how many they are and where its last word begins. Trailing digits are dropped:
// token2 is a token.
func foldName(buf *[maxName]byte, key string) (n, last int) {
	if len(key) > maxName {
		key = key[len(key)-maxName:]
	}
	var prev uint8
	for i := 0; i < len(key); i++ {
		c := key[i]
		k := classes[c]
		switch {
		case k&isLower != 0 || k&isHigh != 0:
			if prev&(isLower|isUpper|isHigh) == 0 {
				last = n
			}
			buf[n] = c
			n++
		case k&isUpper != 0:
			next := uint8(0)
			if i+1 < len(key) {
				next = classes[key[i+1]]
			}
			if prev&isUpper == 0 || next&isLower != 0 {
				last = n
			}
			buf[n] = c | 0x20
			n++
		case k&isDigit != 0:
			buf[n] = c
			n++
			continue // a digit neither begins nor ends a word
		}
		prev = k
	}
	for n > 0 && classes[buf[n-1]]&isDigit != 0 {
		n--
	}
	if last > n {
		last = n
	}
	return n, last
}

// lastByteOfName holds for the bytes that end the names below, so that most words
// are let go at a glance.
var lastByteOfName = func() (t [256]bool) {
	for _, b := range []byte("dntseyhrvpcfglmawuboki0123456789") {
		t[b] = true
		t[b&^0x20] = true
	}
	for b := 0x80; b < 0x100; b++ {
		t[b] = true
	}
	return t
}()

// foldedKind classifies a folded name; last is where its last word begins, and key
// the name as it was written.
func foldedKind(name []byte, last int, key string) (string, trust) {
	word := name[last:]
	is := func(s string) bool { return string(word) == s }
	has := func(suffix string) bool {
		return len(name) >= len(suffix) && string(name[len(name)-len(suffix):]) == suffix
	}
	whole := func(s string) bool { return string(name) == s }

	switch name[len(name)-1] {
	case 'd':
		switch {
		case has("password"), has("passwd"), has("passwrd"), has("pswd"):
			return kindPassword, condemned
		case has("pwd"):
			if whole("oldpwd") {
				return kindPassword, suspicious
			}
			return kindPassword, condemned
		case is("cred"):
			return kindCredential, condemned
		case has("sessionid"), has("sessid"), whole("sid"), has("connectsid"):
			if has("sessid") || has("jsessionid") || has("connectsid") {
				return kindSession, condemned
			}
			return kindSession, suspicious
		case has("accesskeyid"):
			return kindKey, suspicious
		case has("accessid"), has("secretid"), has("clientid"):
			return kindKey, suspicious
		}
	case 'n':
		switch {
		case has("token"):
			if has("publickeytoken") || has("publictoken") {
				return "", innocent
			}
			return kindToken, condemned
		case is("pin"):
			return kindPersonal, suspicious
		case is("ssn"):
			return kindPersonal, condemned
		case has("authorization"), has("xauthorization"):
			return kindAuthorization, condemned
		case whole("authentication"), whole("xauthentication"):
			return kindAuthorization, suspicious
		case has("login"):
			return kindKey, suspicious
		case is("dsn"), has("connection"):
			return "", innocent
		}
	case 't':
		switch {
		case has("secret"):
			return kindSecret, condemned
		case is("jwt"):
			return kindJWT, condemned
		case is("pat"):
			return kindToken, suspicious
		case is("salt"):
			return kindSecret, suspicious
		}
	case 's':
		switch {
		case is("pass") || has("pass") && passOwner(name[:len(name)-4]):
			return kindPassword, condemned
		case has("passwords"):
			return kindPassword, condemned
		case has("secrets"):
			return kindSecret, condemned
		case has("credentials"), has("creds"):
			return kindCredential, condemned
		case has("accesstokens"), has("refreshtokens"), has("authtokens"), has("apitokens"), has("bearertokens"):
			return kindToken, condemned
		case has("tokens"):
			return kindToken, suspicious
		case has("apikeys"), has("secretkeys"), has("privatekeys"), has("accesskeys"):
			return kindKey, condemned
		case has("cookies"):
			return kindCookie, condemned
		case has("recoverycodes"), has("backupcodes"):
			return kindPersonal, condemned
		}
	case 'e':
		switch {
		case has("passphrase"), has("passcode"), has("accesscode"):
			return kindPassword, condemned
		case has("recoverycode"), has("backupcode"), has("verificationcode"), has("otpcode"):
			return kindPersonal, condemned
		case has("devicecode"):
			return kindToken, suspicious
		case has("samlresponse"):
			return kindToken, condemned
		case has("pincode"):
			return kindPersonal, suspicious
		case has("seedphrase"), has("recoveryphrase"):
			return kindSecret, suspicious
		case has("cookie"):
			return kindCookie, condemned
		case has("xamzsignature"), has("xgoogsignature"):
			return kindSignature, condemned
		case has("signature"):
			return kindSignature, suspicious
		case is("cvc") || has("securitycode"):
			return kindPersonal, condemned
		case has("license"), has("licence"):
			return kindKey, suspicious
		}
	case 'y':
		return keyKind(name, has)
	case 'a':
		if has("clientkeydata") {
			return kindPrivateKey, condemned
		}
	case 'h':
		switch {
		case has("passwordhash"), has("passwdhash"):
			return kindPassword, condemned
		case has("basicauth"), has("xauth"), has("proxyauth"):
			return kindAuthorization, condemned
		case whole("masterauth"), whole("redisauth"):
			return kindPassword, condemned
		case is("auth"):
			return kindAuthorization, suspicious
		}
	case 'r':
		switch {
		case is("bearer"):
			return kindBearer, condemned
		case has("codeverifier"):
			return kindToken, suspicious
		case has("cardnumber"), has("ccnumber"):
			return kindCard, condemned
		}
	case 'v':
		if is("cvv") {
			return kindPersonal, condemned
		}
	case 'c':
		switch {
		case is("cvc"):
			return kindPersonal, condemned
		case has("mnemonic"):
			return kindSecret, suspicious
		}
	case 'p':
		if is("otp") || is("totp") {
			return kindPersonal, condemned
		}
	case 'g':
		switch {
		case has("connectionstring"):
			return kindConnection, condemned
		case is("sig"):
			return kindSignature, suspicious
		case has("xamzcredential"):
			return kindCredential, condemned
		}
	case 'l':
		if has("xamzcredential") || has("xgoogcredential") {
			return kindCredential, condemned
		}
		if has("credential") {
			return kindCredential, condemned
		}
		if has("webhookurl") {
			return kindWebhook, condemned
		}
	case 'k':
		if is("psk") {
			return kindPassword, condemned
		}
	case 'w':
		switch {
		case whole("pw"):
			return kindPassword, suspicious
		case is("pw"), whole("rootpw"), whole("bindpw"), whole("adminpw"), whole("userpw"), has("rolepw"):
			return kindPassword, condemned
		}
	case 'm':
		// bundler keeps a credential under the host's name: BUNDLE_GEMS__X__COM
		if len(name) > 9 && string(name[:6]) == "bundle" && strings.Contains(key, "__") {
			return kindCredential, condemned
		}
	}
	if kind, t := foreignKind(name); t != innocent {
		return kind, t
	}
	if name[len(name)-1] >= 0x80 {
		return "", innocent
	}
	return insideKind(name, word)
}

// keyKind tells the keys that open something from the keys that sort something.
func keyKind(name []byte, has func(string) bool) (string, trust) {
	if !has("key") {
		if has("snmpcommunity") {
			return kindPassword, condemned
		}
		return insideKind(name, nil)
	}
	stem := name[:len(name)-3]
	if len(stem) == 0 {
		return kindKey, suspicious
	}
	for _, k := range keyStems[stem[len(stem)-1]] {
		if len(stem) >= len(k.stem) && string(stem[len(stem)-len(k.stem):]) == k.stem {
			return k.kind, k.trust
		}
	}
	return kindKey, suspicious
}

// passOwner tells rootpass, whose pass opens something, from bypass and compass.
func passOwner(stem []byte) bool {
	for _, w := range [...]string{"db", "user", "my", "ssh", "root", "admin", "require", "bind", "key", "store", "smtp", "ftp", "mail",
		"auth", "login", "master", "proxy", "vnc", "ldap", "sql", "redis", "wifi", "become", "vault", "http"} {
		if len(stem) >= len(w) && string(stem[len(stem)-len(w):]) == w {
			return true
		}
	}
	return false
}

type keyStem struct {
	stem, kind string
	trust      trust
}

// keyStems holds what may stand before "key", by its last byte.
var keyStems = func() (t [256][]keyStem) {
	add := func(kind string, trust trust, stems ...string) {
		for _, s := range stems {
			t[s[len(s)-1]] = append(t[s[len(s)-1]], keyStem{s, kind, trust})
		}
	}
	add(kindPrivateKey, condemned, "private", "priv", "ssh", "deploy")
	add(kindKey, condemned, "api", "secret", "access", "auth", "signing", "encryption", "master", "shared", "account",
		"subscription", "session", "hmac", "storage", "service", "license", "consumer", "crypto", "jwt", "security",
		"decryption", "webhook", "app", "integration", "write", "ingest", "client", "admin", "role", "cookie", "aes", "fernet",
		"cipher", "instrumentation", "wrapping", "sas")
	add("", innocent, "public", "primary", "foreign", "partition", "sort", "routing", "row", "cache", "object", "s3",
		"idempotency", "hot", "mon", "tur", "don", "hoc", "joc", "unique", "lookup", "message", "group", "dedup", "map",
		"translation", "host", "index", "grouping", "restore", "sorting", "lock", "redis")
	return t
}()

// insideKind looks for the word inside a longer name: DB_PASSWORD_PROD,
// secret_value, mySecretString. A noun about the secret, as in password_policy
// or secret_name, clears it.
func insideKind(name, word []byte) (string, trust) {
	if len(name) < 7 {
		return "", innocent
	}
	kind := ""
	switch {
	case bytes.Contains(name, []byte("passw")):
		kind = kindPassword
	case bytes.Contains(name, []byte("secret")):
		kind = kindSecret
	case bytes.Contains(name, []byte("apikey")), bytes.Contains(name, []byte("privatekey")):
		kind = kindKey
	case bytes.Contains(name, []byte("token")):
		kind = kindToken
	case bytes.Contains(name, []byte("senha")):
		kind = kindPassword
	default:
		return "", innocent
	}
	if aboutSecrets[string(word)] {
		return "", innocent
	}
	if kind == kindToken || kind == kindKey {
		return kind, suspicious
	}
	switch string(word) {
	case "value", "string", "prod", "production", "stage", "staging", "dev", "test", "old", "new", "current",
		"previous", "plain", "plaintext", "text", "data", "confirm", "confirmation", "again", "repeat", "b64",
		"base64", "encoded", "encrypted", "commit", "key", "base":
		return kind, condemned
	}
	return kind, suspicious
}

// aboutSecrets are last words of names that speak of a secret without holding it.
var aboutSecrets = map[string]bool{}

func init() {
	for _, w := range []string{
		"id", "ids", "name", "names", "length", "len", "policy", "reset", "url", "uri", "path", "file", "files",
		"expiry", "expires", "expiration", "expired", "age", "type", "types", "count", "counts", "field", "fields",
		"required", "changed", "at", "version", "arn", "ref", "refs", "manager", "provider", "status", "enabled",
		"disabled", "hint", "label", "min", "max", "strength", "attempts", "size", "ttl", "error", "errors",
		"valid", "invalid", "validator", "form", "prompt", "namespace", "mount", "store", "backend", "class",
		"dir", "directory", "service", "server", "host", "endpoint", "issuer", "audience", "scope", "scopes",
		"lifetime", "limit", "usage", "used", "bucket", "parser", "handler", "exception", "controller", "source",
		"variable", "env", "format", "encoder", "generator", "index", "position", "offset", "stream", "kind",
	} {
		aboutSecrets[w] = true
	}
}
