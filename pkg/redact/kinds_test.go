package redact

import (
	"encoding/base64"
	"math/rand/v2"
	"net/url"
	"strings"
	"testing"
)

// Secrets in these tests are made when they run, so that the sources hold none.

const (
	lowerDigits = "abcdefghijklmnopqrstuvwxyz0123456789"
	letters     = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	alnum       = letters + "0123456789"
	hexDigits   = "0123456789abcdef"
)

func randomOf(r *rand.Rand, set string, n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = set[r.IntN(len(set))]
	}
	return string(b)
}

// mixed returns n letters and digits, all classes among the first four.
func mixed(r *rand.Rand, n int) string { return "k7Qz" + randomOf(r, alnum, n-4) }

// leaks reports an eight-byte window of the secret that stands in out.
func leaks(out, secret string) string {
	if len(secret) < 8 {
		if strings.Contains(out, secret) {
			return secret
		}
		return ""
	}
	for i := 0; i+8 <= len(secret); i++ {
		if strings.Contains(out, secret[i:i+8]) {
			return secret[i : i+8]
		}
	}
	return ""
}

// forms are ways in which text tells a secret; NAME and VALUE are replaced.
var forms = []string{
	`NAME=VALUE`, `NAME = VALUE`, `NAME: VALUE`, `NAME="VALUE"`, `NAME: 'VALUE'`, "NAME := `VALUE`", `NAME ?= "VALUE"`,
	`NAME => "VALUE"`, `"NAME" => 'VALUE',`, `{"NAME": "VALUE"}`, `{'NAME':'VALUE'}`, `{\"NAME\":\"VALUE\"}`,
	`<NAME>VALUE</NAME>`, "<NAME>\n  VALUE\n</NAME>", `export NAME=VALUE; run`, `NAME=VALUE&x=1`, `GET /a?b=1&NAME=VALUE HTTP/1.1`,
	`https://example.com/cb?NAME=VALUE#top`, `var NAME string = "VALUE"`, `os.environ['NAME'] = 'VALUE'`, `config["NAME"] = "VALUE"`,
	`setProperty("NAME", "VALUE")`, `--NAME VALUE`, `--NAME=VALUE`, `--NAME "VALUE"`, `failed: NAME=VALUE, retrying`,
	`Error: connect (host=db NAME=VALUE): refused`, "- name: NAME\n  value: VALUE\n", "- name: NAME\n  value: \"VALUE\"\n",
	`<add key="NAME" value="VALUE" />`, `first line\nNAME=VALUE\nnext`, "a\tNAME=VALUE\tb", `NAME: str = "VALUE"`, `NAME=b"VALUE"`,
	`if NAME == "VALUE" {`, `["--NAME","VALUE"]`, `-e NAME=VALUE image`, `{NAME: VALUE}`, `(NAME: VALUE)`, `NAME="""VALUE"""`,
	`level=error NAME="VALUE" msg=x`, `[NAME]=VALUE`, `set NAME=VALUE`, `-DNAME=VALUE`, `$NAME .= "VALUE";`, `"NAME":["VALUE"]`,
}

var secretNames = []string{
	"password", "db_password", "DB_PASSWORD", "adminPassword", "passwd", "user.passwd", "dbPwd", "client_secret", "clientSecret",
	"CLIENT-SECRET", "api_key", "apiKey", "X-Api-Key", "access_token", "accessToken", "refresh_token", "auth_token", "secret_key",
	"AWS_SECRET_ACCESS_KEY", "private_key", "encryptionKey", "signing_key", "TOKEN", "github_token", "GITLAB_TOKEN2", "mytoken",
	"passphrase", "DATABASE_PASSWORD_PROD", "session_key", "jwt_secret", "webhook_secret", "vaultToken", "bot_token", "SMTP_PASS",
}

func TestSecretUnderItsName(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	total, caught := 0, 0
	for _, name := range secretNames {
		for _, form := range forms {
			for _, value := range []string{
				mixed(r, 12), mixed(r, 40), randomOf(r, hexDigits, 32), randomOf(r, lowerDigits, 20) + "7x", randomOf(r, letters, 9) + "1",
			} {
				text := strings.NewReplacer("NAME", name, "VALUE", value).Replace(form)
				total++
				if left := leaks(Text(text), value); left == "" {
					caught++
				} else if total-caught < 20 {
					t.Logf("%q became %q", text, Text(text))
				}
			}
		}
	}
	share := float64(caught) / float64(total)
	t.Logf("%d of %d caught (%.2f %%)", caught, total, 100*share)
	if share < 0.99 {
		t.Errorf("%.2f %% caught, want at least 99 %%", 100*share)
	}
}

func TestProviderTokenAnywhere(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for _, p := range providers {
		if p.kind == kindPrivateKey {
			continue
		}
		set, n := alnum, p.min
		switch {
		case p.set == csHex:
			set = hexDigits
		case p.test&^exactSize == upperHex:
			set = "ABCDEFGHJKMNPQRSTVWXYZ234567"
		}
		if p.test&exactSize == 0 && n < 20 && p.min >= 20 {
			n += 4
		}
		body := []byte(randomOf(r, set, n))
		body[0], body[1], body[2] = '7', set[10], set[len(set)-10]
		if set == alnum {
			copy(body, "7aZ")
		}
		token := p.prefix + string(body)
		for _, form := range []string{
			"VALUE", "x VALUE y", "(VALUE)", `"VALUE"`, "failed with VALUE.", "a,VALUE,b", "url?x=VALUE&y=1", "line\nVALUE\n", "x: VALUE",
			`{"note":"VALUE"}`, "пароля нет: VALUE", "a\tVALUE", `a\nVALUE\nb`, "[VALUE]", "<VALUE>",
		} {
			text := strings.ReplaceAll(form, "VALUE", token)
			if left := leaks(Text(text), token[len(p.prefix):]); left != "" {
				t.Errorf("%s: %q became %q", p.kind, text, Text(text))
			}
		}
	}
}

func TestStructures(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	pw := mixed(r, 14)
	jwt := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"HS256"}`)) + "." + base64.RawURLEncoding.EncodeToString([]byte(`{"sub":"1234567890"}`)) + "." + randomOf(r, alnum, 43)
	begin, end := "-----BE"+"GIN ", "-----E"+"ND "
	key := func(kind string) string { return begin + kind + "-----\n" + randomOf(r, alnum, 64) + "\n" + pw + "\n" }
	basic := base64.StdEncoding.EncodeToString([]byte("admin:" + pw))
	github := "gh" + "p_" + mixed(r, 36)
	for name, c := range map[string]struct{ text, secret, kept string }{
		"url":                 {"dial postgres://app:" + pw + "@db.internal:5432/app?sslmode=off failed", pw, "@db.internal:5432/app?sslmode=off failed"},
		"url of sql server":   {"jdbc:sqlserver://db:1433;user=sa;password=" + pw + "@" + pw + ";encrypt=true", pw, "jdbc:sqlserver://db:1433;user=sa;password=[redacted:password];encrypt=true"},
		"url odd password":    {"amqp://u:" + pw + "@" + pw + "@mq:5672/", pw, "mq:5672/"},
		"url slash password":  {"redis://:ab/" + pw + "@cache:6379/0", pw, "cache:6379/0"},
		"url with token":      {"git clone https://" + github + "@github.com/a/b", github, "github.com/a/b"},
		"reporting address":   {"dsn https://" + randomOf(r, hexDigits, 31) + "7@o1.ingest.example.com/42", "", "@o1.ingest.example.com/42"},
		"url list of hosts":   {"mongodb+srv://u:" + pw + "@a.example,b.example/db", pw, "b.example/db"},
		"driver string":       {"root:" + pw + "@tcp(127.0.0.1:3306)/app", pw, "@tcp(127.0.0.1:3306)/app"},
		"key value dsn":       {"host=db user=app password=" + pw + " dbname=x", pw, "dbname=x"},
		"ado":                 {"Server=db;Uid=sa;Pwd=" + pw + ";Encrypt=yes", pw, "Encrypt=yes"},
		"storage account":     {"AccountName=a;AccountKey=" + basic + ";EndpointSuffix=x", basic, "EndpointSuffix=x"},
		"jdbc":                {"jdbc:postgresql://db/app?user=a&password=" + pw, pw, "jdbc:postgresql://db/app?user=a"},
		"bearer":              {"> Authorization: Bearer " + mixed(r, 30) + "\n> Accept: */*", "", "> Accept: */*"},
		"bearer alone":        {"sent Bearer " + pw + "x to host", pw, "to host"},
		"basic":               {"Authorization: Basic " + basic, basic, "Authorization: Basic "},
		"basic alone":         {"proxy said Basic " + basic + " is bad", basic, "is bad"},
		"digest":              {`Authorization: Digest username="a", response="` + pw + `", uri="/"`, pw, "Digest"},
		"aws signature":       {"Authorization: AWS4-HMAC-SHA256 Credential=" + pw + "/20260101/us, SignedHeaders=host, Signature=" + pw, pw, ""},
		"custom scheme":       {"authorization: " + mixed(r, 24), "", "authorization: "},
		"header literal":      {`curl -H "Authorization: Token ` + pw + `" https://x/y`, pw, "https://x/y"},
		"cookie":              {"Cookie: sid=" + pw + "; theme=dark\nHost: x", pw, "Host: x"},
		"set-cookie":          {"< Set-Cookie: session=" + pw + "; HttpOnly", pw, ""},
		"session parameter":   {"GET /;jsessionid=" + pw + " HTTP/1.1", pw, " HTTP/1.1"},
		"jwt":                 {"token was " + jwt + " and expired", jwt, "and expired"},
		"jwt in url":          {"https://x/cb?id=" + jwt + "&s=1", jwt, "s=1"},
		"pem":                 {"before " + key("RSA PRIVATE KEY") + end + "RSA PRIVATE KEY----- after", pw, "after"},
		"pem without end":     {"before " + key("PRIVATE KEY"), pw, "before "},
		"pem escaped":         {`{"k":"` + strings.ReplaceAll(key("EC PRIVATE KEY")+end+"EC PRIVATE KEY-----", "\n", `\n`) + `","x":1}`, pw, `"x":1`},
		"pem pgp":             {key("PGP PRIVATE KEY BLOCK") + end + "PGP PRIVATE KEY BLOCK-----\nafter", pw, "after"},
		"pem openssh":         {key("OPENSSH PRIVATE KEY"), pw, ""},
		"unterminated quote":  {`password="` + pw + " and the rest " + pw, pw, ""},
		"sql":                 {"ALTER USER a WITH PASSWORD '" + pw + "';", pw, "ALTER USER a"},
		"sql identified":      {"CREATE USER a IDENTIFIED BY '" + pw + "'", pw, "CREATE USER a"},
		"prose":               {"the password is " + pw + ", do not tell", pw, "do not tell"},
		"curl user":           {"curl -u admin:" + pw + " https://x", pw, "https://x"},
		"base64":              {"payload " + base64.StdEncoding.EncodeToString([]byte(`{"user":"a","password":"`+pw+`"}`)) + " end", pw, "end"},
		"base64 of a token":   {"data=" + base64.StdEncoding.EncodeToString([]byte(github)) + "; x", "", "; x"},
		"percent":             {"next=https%3A%2F%2Fa%3A" + pw + "%40host%2F&x=1", pw, "&x=1"},
		"percent key":         {"body: pass%77ord%3D" + pw, pw, "body: "},
		"escaped letters":     {`note gh\u0070_` + github[4:] + ` end`, github[4:], " end"},
		"webhook":             {"POST https://hooks.slack.com/services/T0123/B0123/" + pw + " 404", pw, " 404"},
		"card":                {"card 4111111111111111 declined", "4111111111111111", "declined"},
		"card with blanks":    {"card 5555 5555 5555 4444 declined", "5555 5555", "declined"},
		"card with dashes":    {"card=4012-8888-8888-1881;", "4012-8888", ""},
		"amex":                {"378282246310005", "378282246310005", ""},
		"unlisted token":      {"used acme_live_" + mixed(r, 32) + " twice", "", "twice"},
		"key with a token":    {"{" + github + ": 1}", github, ": 1}"},
		"russian":             {"Пароль: " + pw + "\nдалее", pw, "далее"},
		"telegram":            {"https://api.telegram.org/bot57468743:AA" + mixed(r, 33) + "/sendMessage", "", ""},
		"after a mark":        {Mark(kindToken) + " password=" + pw, pw, ""},
		"false mark":          {"password=[redacted:" + strings.ToLower(pw) + "]", strings.ToLower(pw), ""},
		"kubernetes secret":   {"kind: Secret\nmetadata:\n  name: x\ndata:\n  user: " + basic + "\ntype: Opaque", basic, "type: Opaque"},
		"python header":       {`headers = {'X-Auth-Token': '` + pw + `', 'Accept': 'x'}`, pw, "'Accept': 'x'"},
		"go map":              {`map[password:` + pw + ` user:a]`, pw, "user:a]"},
		"yaml block":          {"a:\n  password: " + pw + "\n  port: 1", pw, "port: 1"},
		"encoded credentials": {"Proxy-Authorization: " + basic, basic, "Proxy-Authorization"},
		"full-width colon":    {"用户名：app 密码：" + pw + "，端口：1", pw, "用户名：app"},
		"full-width token":    {"令牌：" + github, github, "令牌："},
		"chinese key":         {`{"密码":"` + pw + `"}`, pw, ""},
		"german":              {"Passwort: " + pw + "\nPort: 1", pw, "Port: 1"},
		"french":              {"mot de passe : " + pw, pw, "mot de passe"},
		"spanish":             {"contraseña=" + pw, pw, ""},
		"portuguese prefix":   {"SENHA_DB=" + pw, pw, ""},
		"noun of a thing":     {"password for backup is " + pw + ", change it", pw, "change it"},
		"russian of a thing":  {"Пароль пользователя app: " + pw, pw, "Пароль пользователя app: "},
		"russian, no colon":   {"Ваш пароль " + pw + " действует час", pw, "действует час"},
		"russian key":         {"Ключ доступа: " + pw + pw, pw, "Ключ доступа: "},
		"two words":           {"using api key " + pw + pw + " of app", pw, "of app"},
		"two words, hex":      {"secret key: " + randomOf(r, hexDigits, 32) + " end", "", " end"},
		"pin code":            {"pin code: 4938, try", "4938", "try"},
		"setter":              {`ds.setPassword("` + pw + `");`, pw, ");"},
		"builder":             {`.withApiKey("` + pw + pw + `").build()`, pw, ".build()"},
		"basic call":          {`r.SetBasicAuth("app", "` + pw + `")`, pw, `"app"`},
		"auth tuple":          {`get(url, auth=("app", "` + pw + `"))`, pw, `"app"`},
		"both of a pair":      {`new BasicAWSCredentials("` + github + `", "` + pw + `")`, github, ""},
		"hmac":                {`createHmac('sha256', '` + pw + pw + `')`, pw, "sha256"},
		"secure string":       {"ConvertTo-SecureString '" + pw + "' -Force", pw, "-Force"},
		"go header list":      {"map[Authorization:[Bearer " + pw + pw + "] Accept:[*/*]]", pw, "Accept:[*/*]]"},
		"go values":           {`url.Values{"client_secret":[]string{"` + pw + `"}, "code":[]string{"x"}}`, pw, `"code"`},
		"spew":                {`Password: (string) (len=14) "` + pw + `"`, pw, "(len=14)"},
		"block scalar":        {"a:\n  password: |\n    " + pw + "\n    " + pw + "\n  port: 1", pw, "port: 1"},
		"folded scalar":       {"admin_password: >-\n  " + pw + "\nport: 1", pw, "port: 1"},
		"yaml tag":            {"token: !vault " + pw + "\nport: 1", pw, "port: 1"},
		"netrc":               {"machine db login app password correct-horse-7", "correct-horse-7", "machine db login app"},
		"router":              {"username app privilege 15\nusername app password 7 " + randomOf(r, hexDigits, 20), "", "privilege 15"},
		"mysql":               {"mysql -u root -p" + pw + " shop", pw, " shop"},
		"redis-cli":           {"redis-cli -h cache -a " + pw + " ping", pw, " ping"},
		"docker login":        {"docker login -u ci -p " + pw + " registry", pw, " registry"},
		"redis auth":          {"AUTH default " + pw + pw, pw, "AUTH default"},
		"redis setting":       {"CONFIG SET requirepass " + pw + pw, pw, "CONFIG SET"},
		"curl user, glued":    {`curl -u"app:` + pw + `" https://x`, pw, "https://x"},
		"pwd of odbc":         {"Driver=x;UID=sa;PWD=hunter920;Encrypt=yes", "hunter920", "Encrypt=yes"},
		"oracle":              {"jdbc:oracle:thin:app/" + pw + "@//db:1521/X", pw, "@//db:1521/X"},
		"driver, no network":  {"app:" + pw + "@(db:3306)/x", pw, "@(db:3306)/x"},
		"broker's token":      {"nats://" + pw + pw + "@mq:4222", pw, "@mq:4222"},
		"escaped signature":   {"GET /f?sig=" + pw + "%2F" + pw + "%3D&se=1", pw, "&se=1"},
		"authorization code":  {"GET /cb?code=" + pw + pw + "&state=x", pw, "&state=x"},
		"other scheme":        {"Authorization: SharedKey app:" + pw + "==", pw, "Authorization: SharedKey "},
		"webhook, any host":   {"https://chat.example/hooks/" + strings.ToLower(pw) + strings.ToLower(pw) + " 404", strings.ToLower(pw), " 404"},
		"webhook, uuid":       {"https://open.example/bot/v2/hook/550e8400-e29b-41d4-a716-446655440000", "550e8400", ""},
		"property element":    {`<property name="db.password">` + pw + `</property>`, pw, "</property>"},
		"property list":       {"<key>Password</key>\n<string>" + pw + "</string>", pw, "</string>"},
		"value element":       {`<setting name="ApiSecret"><value>` + pw + `</value></setting>`, pw, "</setting>"},
		"element, attribute":  {`<wsse:Password Type="Text">` + pw + `</wsse:Password>`, pw, `Type="Text"`},
		"entities":            {"&lt;password&gt;" + pw + "&lt;/password&gt; {&quot;apiKey&quot;:&quot;" + pw + "&quot;}", pw, "&lt;/password&gt;"},
		"columns":             {"INSERT INTO u (login, password) VALUES ('app', '" + pw + "')", pw, "'app'"},
		"identified with":     {"IDENTIFIED WITH sha256_password BY 'hunter920'", "hunter920", ""},
		"quoted password":     {"Wrong password 'hunter920' for app", "hunter920", "for app"},
		"params":              {`{"user[password]":"` + pw + `"}`, pw, "user["},
		"php":                 {`["password"]=> string(14) "` + pw + `"`, pw, "string(14)"},
		"from a literal":      {`let password = String::from("` + pw + `");`, pw, "String::from"},
		"default of a call":   {`db_password = env("X", "` + pw + `")`, pw, `env("X"`},
		"vault role":          {"secret_id=550e8400-e29b-41d4-a716-446655440000 x", "550e8400", " x"},
		"device code":         {"device_code=" + pw + pw + "&x=1", pw, "&x=1"},
		"german sentence":     {"Das Passwort lautet " + pw, pw, "lautet"},
		"spanish sentence":    {"La contraseña es " + pw, pw, " es "},
		"portuguese sentence": {"A senha é " + pw, pw, "A senha"},
		"key in a sentence":   {"Your API key is " + pw + pw + ", keep it", pw, "keep it"},
		"table":               {"| id | 5 |\n| password | " + pw + " |", pw, "| id | 5 |"},
		"leader":              {"HikariConfig - password........................" + pw, pw, "HikariConfig"},
		"plan":                {`~ password = "hunter920" -> "hunter921"`, "hunter921", "->"},
		"visual basic":        {`Dim pwd As String = "` + pw + `"`, pw, "Dim pwd"},
		"kubeconfig":          {"client-key-data: /" + basic + "/" + basic + "/x", basic, ""},
		"word list":           {`mnemonic: "` + strings.Repeat("abandon ", 11) + `about"`, "abandon abandon", ""},
		"query signature":     {"https://b.s3.example/x?X-Amz-Signature=" + randomOf(r, hexDigits, 64) + "&y=1", "", "&y=1"},
	} {
		t.Run(name, func(t *testing.T) {
			out := Text(c.text)
			if c.secret != "" {
				if left := leaks(out, c.secret); left != "" {
					t.Errorf("%q became %q", c.text, out)
				}
			}
			if out == c.text {
				t.Errorf("unchanged: %q", out)
			}
			if !strings.Contains(out, c.kept) {
				t.Errorf("%q became %q, want %q kept", c.text, out, c.kept)
			}
			if again := Text(out); again != out {
				t.Errorf("again: %q", again)
			}
		})
	}
}

func TestIdentifiersStay(t *testing.T) {
	for _, s := range []string{
		"550e8400-e29b-41d4-a716-446655440000", "01ARZ3NDEKTSV4RRFFQ69G5FAV", "da39a3ee5e6b4b0d3255bfef95601890afd80709",
		"key=550e8400-e29b-41d4-a716-446655440000", "run 01ARZ3NDEKTSV4RRFFQ69G5FAV failed", "4bf92f3577b34da6a3ce929d0e0e4736",
		"sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08", "order 4111111111111112", "https://user@example.com/x",
		"https://example.com:8080/a@b", "git@github.com:a/b.git", "image@sha256:9f86d081884c7d65", "password=${DB_PASSWORD}",
		"token: $TOKEN", "password=***", "secret: null", "connect(user=user, password=password)", "max_tokens=4096",
		"Cache hit for restore-key: Linux-go-9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
		"cache key: node-modules-9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
		"object key: uploads/16766/550e8400-e29b-41d4-a716-446655440000.png", "s3 key=a-b/9f86d081884c7d65/94299.parquet missing",
		"interface: wg0 public key: k7QzRfIT8Oo+KUZy+epZ78gGcibXv6ouchDJPoiWgn4=", "secret: \"app-tls\" not found",
		"first pass: 40508 ms", "password: '[REDACTED]'", `"password": "[Filtered]"`, "apiKey: xxxxxxxx", "self.password = password",
		"def login(name: str, password: str) -> Token:", "arn:aws:secretsmanager:eu-west-1:345776794744:secret:app/db-d6zvhu",
		"page_token=15", "uploadId=O_LKpud20SJ6H64EGtmxaYl6AfrhIwunTMAnIHGVDacm part=5", "credentials: include", "secrets: inherit",
		"https://docs.example/document/d/OoIQYeHwh_r18gz0RXYAGC2AW8-K_Tb6dqmLGG0fILTg/edit", "пароль: неверный", "токен: отсутствует",
		"密码：错误", "パスワード: 必須", "Passwort: erforderlich", `{"errors":{"password":["can't be blank"]}}`, "PWD=/home/app", `pwd: C:\src`,
		"password for backup: accepted", "token for pod: web-7d9f8c6b5d-x2x4z", `getSecret("prod-2")`, "docker run -p 8080:80 app",
		"mkdir -p app2/x1", "| password | varchar(255) |", "user app password incorrect", "AUTH PLAIN failed", "PASS: TestPassword (0.01s)", "s3://a/webhook/01JPFVPFPBQFD22AZQEJ5V422Y.json.gz",
		"https://github.com/a/hooks/commit/da39a3ee5e6b4b0d3255bfef95601890afd80709", "INSERT INTO u (login, password) VALUES ($1, $2)",
		`expect(token("a44199"))`, `password("field6_name")`, `validateToken("user-45")`, `credentials("nightly", "tenant")`,
		"docker login succeeded -p 92803", "secrets....... 99157", "http://checkout-24803@cache/x", "Authorization: Negotiate", "token: |",
		"https://a.example/v1/webhook/550e8400-e29b-41d4-a716-446655440000", "secret_id=prod/db",
		"GPIO pin: 1763", "password(required)", "bypass=17", "a/b2c3@host:22",
		"-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----", "[redacted:password]", "a %41 b", "100%25",
	} {
		if out := Text(s); out != s {
			t.Errorf("%q became %q", s, out)
		}
	}
	if out := New(0).Field("tags.token", "token", "550e8400-e29b-41d4-a716-446655440000"); out != Mark(kindToken) {
		t.Errorf("an identifier under a secret's name became %q", out)
	}
}

func TestQueryIsUnderstood(t *testing.T) {
	r := rand.New(rand.NewPCG(8, 9))
	secret := mixed(r, 24) + "+/=&x"
	q := url.Values{"a": {"1"}, "api_key": {secret}, "z": {"2"}}.Encode()
	out := Text("GET /?" + q)
	if leaks(out, secret[:24]) != "" || !strings.Contains(out, "a=1") || !strings.Contains(out, "z=2") {
		t.Errorf("%q became %q", q, out)
	}
}

// A token of chance may happen to have no digit.
func TestTokensWithoutADigit(t *testing.T) {
	r := rand.New(rand.NewPCG(11, 26))
	for _, token := range []string{
		"AI" + "za" + randomOf(r, letters, 35), "APA" + "91b" + randomOf(r, letters, 140), "fo" + "1_" + randomOf(r, letters, 43), "gh" + "p_" + randomOf(r, letters, 36),
	} {
		if out := Text("cannot go on with " + token + " after 3 tries"); leaks(out, token[4:]) != "" || !strings.HasSuffix(out, " after 3 tries") {
			t.Errorf("%.4s: %s", token, out)
		}
	}
}
