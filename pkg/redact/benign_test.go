package redact

import (
	"bufio"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
)

// benignForms are lines that ordinary systems write, with holes: {n} a number,
// {N} a long one, {ip}, {port}, {hex8} {hex16} {hex32} {hex40} {hex64}, {uuid},
// {ulid}, {ts} a time, {w} a word, {dur}, {pod}, {path}, {java} a class, {b64} a
// digest in base64, {v} a version. Many speak of secrets without telling one.
const benignForms = `
{ts} sshd[{n}]: Failed password for root from {ip} port {port} ssh2
{ts} sshd[{n}]: Failed password for invalid user {w} from {ip} port {port} ssh2
{ts} sshd[{n}]: Accepted publickey for {w} from {ip} port {port} ssh2: RSA SHA256:{b64}
{ts} sshd[{n}]: pam_unix(sshd:auth): authentication failure; logname= uid=0 euid=0 tty=ssh ruser= rhost={ip}  user=root
{ts} sshd[{n}]: pam_unix(sshd:auth): check pass; user unknown
{ts} sshd[{n}]: error: Received disconnect from {ip}: 3: com.jcraft.jsch.JSchException: Auth fail [preauth]
{ts} sshd[{n}]: reverse mapping checking getaddrinfo for {w}.{w}.net [{ip}] failed - POSSIBLE BREAK-IN ATTEMPT!
{ts} sshd[{n}]: Received disconnect from {ip}: 11: Bye Bye [preauth]
{ts} su(pam_unix)[{n}]: session opened for user {w} by (uid=0)
{ts} kernel: audit: type=1400 audit({n}.{n}:{n}): apparmor="DENIED" operation="open" profile="/usr/sbin/{w}" name="{path}" pid={n} comm="{w}" requested_mask="r" denied_mask="r" fsuid=0 ouid=0
{ts} kernel: - Added public key {hex16}
{ts} kernel: ksign: Installing public key data
{ts} kernel: Kernel command line: ro root=LABEL=/ rhgb quiet
{ts} kernel: [{n}.{n}] IN=eth0 OUT= MAC=00:1a:2b:3c:4d:5e SRC={ip} DST={ip} LEN={n} TOS=0x00 PREC=0x00 TTL=64 ID={n} DF PROTO=TCP SPT={port} DPT={port} WINDOW={n} RES=0x00 SYN URGP=0
{ts} systemd[1]: Started Session {n} of user {w}.
{ts} CRON[{n}]: (root) CMD (/usr/local/bin/{w} --config {path} --quiet)
{ts} postfix/smtpd[{n}]: connect from {w}.{w}.com[{ip}]
{ts} postfix/qmgr[{n}]: {hex10}: from=<{w}@{w}.com>, size={n}, nrcpt=1 (queue active)
{ts} dovecot: imap-login: Login: user=<{w}@{w}.com>, method=PLAIN, rip={ip}, lip={ip}, mpid={n}, TLS, session=<{hex8}>
{ip} - - [{ts}] "GET /{w}/{n}?page={n}&sort={w}&order=desc HTTP/1.1" 200 {n} "https://{w}.example.com/{w}" "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{v} Safari/537.36"
{ip} - {w} [{ts}] "POST /api/v1/auth/login HTTP/2.0" 401 {n} "-" "curl/{v}"
{ip} - - [{ts}] "POST /oauth/token HTTP/1.1" 400 {n} "-" "python-requests/{v}"
{ip} - - [{ts}] "GET /static/js/main.{hex8}.chunk.js HTTP/1.1" 304 0 "-" "Mozilla/5.0"
{ts} [error] {n}#{n}: *{n} connect() failed (111: Connection refused) while connecting to upstream, client: {ip}, server: {w}.example.com, request: "GET /{w} HTTP/1.1", upstream: "http://{ip}:{port}/{w}", host: "{w}.example.com"
{ts} [warn] {n}#{n}: *{n} an upstream response is buffered to a temporary file /var/cache/nginx/proxy_temp/{n}/{n}
[{ts}] [error] [client {ip}] Directory index forbidden by rule: /var/www/html/
[{ts}] [notice] workerEnv.init() ok /etc/httpd/conf/workers2.properties
{ts} UTC [{n}] ERROR:  duplicate key value violates unique constraint "{w}_pkey"
{ts} UTC [{n}] DETAIL:  Key (id)=({n}) already exists.
{ts} UTC [{n}] DETAIL:  Key ({w}_id, key)=({uuid}, {w}) already exists.
{ts} UTC [{n}] FATAL:  password authentication failed for user "{w}"
{ts} UTC [{n}] DETAIL:  Connection matched pg_hba.conf line {n}: "host all all {ip}/32 scram-sha-256"
{ts} UTC [{n}] LOG:  duration: {n}.{n} ms  statement: select id, {w}, created_at from {w} where key = $1 and token_id = $2 limit {n}
{ts} UTC [{n}] LOG:  checkpoint complete: wrote {n} buffers ({n}.1%); 0 WAL file(s) added, 0 removed, {n} recycled; write={n}.{n} s, sync=0.{n} s, total={n}.{n} s; sync files={n}, longest=0.{n} s; lsn=0/{hex8}
{ts} UTC [{n}] FATAL:  no pg_hba.conf entry for host "{ip}", user "{w}", database "{w}", no encryption
{ts} UTC [{n}] ERROR:  syntax error at or near "token" at character {n}
{ts} UTC [{n}] STATEMENT:  update sessions set token = $1, password_hash = $2, updated_at = now() where id = $3
ERROR 1045 (28000): Access denied for user '{w}'@'{ip}' (using password: YES)
{ts} [Note] Aborted connection {n} to db: '{w}' user: '{w}' host: '{ip}' (Got an error reading communication packets)
ORA-28000: the account is locked; ORA-01017: invalid username/password; logon denied
{ts} INFO dfs.DataNode$PacketResponder: PacketResponder {n} for block blk_{N} terminating
{ts} INFO dfs.FSNamesystem: BLOCK* NameSystem.addStoredBlock: blockMap updated: {ip}:50010 is added to blk_-{N} size 67108864
{ts} INFO dfs.DataNode$DataXceiver: Receiving block blk_{N} src: /{ip}:{port} dest: /{ip}:50010
{ts} INFO [main] org.apache.hadoop.mapreduce.v2.app.MRAppMaster: Executing with tokens:
{ts} INFO [main] org.apache.hadoop.mapreduce.v2.app.MRAppMaster: Kind: YARN_AM_RM_TOKEN, Service: , Ident: (appAttemptId { application_id { id: {n} cluster_timestamp: {N13} } attemptId: 1 } keyId: {n})
{ts} INFO [AsyncDispatcher event handler] org.apache.hadoop.mapreduce.v2.app.job.impl.JobImpl: Shuffle secret missing from task credentials. Using job token secret as shuffle secret.
{ts} INFO [AsyncDispatcher event handler] org.apache.hadoop.mapreduce.v2.app.job.impl.JobImpl: Adding job token for job_{N13}_{n} to jobTokenSecretManager
{ts} INFO [main] org.mortbay.log: Logging to org.slf4j.impl.Log4jLoggerAdapter(org.mortbay.log) via org.mortbay.log.Slf4jLog
{ts} INFO [ContainerLauncher #{n}] org.apache.hadoop.mapred.ShuffleHandler: Putting shuffle token in serviceData
{ts} INFO [main] org.apache.hadoop.yarn.client.api.impl.ContainerManagementProtocolProxy: Opening proxy : MSRA-SA-{n}.fareast.corp.example.com:{port}
{ts} INFO SecurityManager: SecurityManager: authentication disabled; ui acls disabled; users with view permissions: Set(yarn, {w}); users with modify permissions: Set(yarn, {w})
{ts} INFO executor.Executor: Finished task {n}.0 in stage {n}.0 (TID {n}). {n} bytes result sent to driver
{ts} INFO storage.BlockManager: Found block rdd_{n}_{n} locally
{ts} - INFO  [NIOServerCxn.Factory:0.0.0.0/0.0.0.0:2181:NIOServerCnxn@{n}] - Established session 0x{hex15} with negotiated timeout 10000 for client /{ip}:{port}
{ts} - WARN  [SendWorker:{N}:QuorumCnxManager$SendWorker@679] - Interrupted while waiting for message on queue
- {N} 2005.06.03 R02-M1-N0-C:J12-U11 {ts} R02-M1-N0-C:J12-U11 RAS KERNEL INFO instruction cache parity error corrected
{ts} 1702 V WindowManager: Skipping AppWindowToken{{hex7} token=Token{{hex7} ActivityRecord{{hex7} u0 com.{w}.{w}/.activity.{w} t{n}}}} -- going to hide
{ts} 1702 D PowerManagerService: acquire lock={n}, flags=0x1, tag="View Lock", name=com.android.systemui, ws=null, uid={n}, pid={n}
{ts} 2227 I PhoneStatusBar: setSystemUiVisibility vis=0 mask=1 oldVal=40000500 newVal=40000500 diff=0 fullscreenStackVis=0 token=android.os.Binder@{hex7}
{ts} 2227 D KeyguardUpdateMonitor: handleKeyguardVisibilityChanged(false)
20171224-{n}:{n}|Step_LSC|{n}|onStandStepChanged {n}
20171224-{n}:{n}|Step_SPUtils|{n}| getTodayTotalDetailSteps = {N13}##{n}##{n}##{n}##{n}##{n}
{ts}, Info                  CBS    Loaded Servicing Stack v6.1.7601.{n} with Core: C:\Windows\winsxs\amd64_microsoft-windows-servicingstack_{hex16}_6.1.7601.{n}_none_{hex16}\cbscore.dll
{ts}, Info                  CBS    Read out cached package applicability for package: Package_for_KB{n}~{hex16}~amd64~~6.1.1.{n}, ApplicableState: 112, CurrentState:112
{ts}, Info                  CSI    {hex8}@{ts} PublicKeyToken = {l:8 b:{hex16}}, Type neutral, TypeName neutral
{ts}, Info                  CBS    Session: {n}_{N} initialized by client WindowsUpdateAgent.
{ts} kernel[0]: ARPT: {n}.{n}: AirPort_Brcm43xx::syncPowerState: WWEN[enabled]
{ts} com.apple.cts[{n}]: com.apple.EscrowSecurityAlert.cron: scheduler_evaluate_activity told me to run this job; however, but the start time isn't for {n} seconds.  Ignoring.
{ts} QQ[{n}]: DB Error: 1 "no such table: tb_c2cMsg_{n}"
[{ts}] chrome.exe - proxy.{w}.example.edu:5070 close, {n} bytes (1.{n} KB) sent, {n} bytes (14.{n} KB) received, lifetime 00:{n}
nova-api.log.1.2017 {ts} {n} INFO nova.osapi_compute.wsgi.server [req-{uuid} {hex32} {hex32} - - -] {ip} "GET /v2/{hex32}/servers/detail HTTP/1.1" status: 200 len: {n} time: 0.{n}
nova-compute.log.1 {ts} {n} INFO nova.compute.manager [-] [instance: {uuid}] VM Started (Lifecycle Event)
nova-compute.log.1 {ts} {n} WARNING nova.virt.libvirt.imagecache [req-{uuid} - - - - -] Unknown base file: /var/lib/nova/instances/_base/{hex40}
E{n} {ts}       1 reflector.go:{n}] k8s.io/client-go/informers/factory.go:{n}: Failed to watch *v1.Secret: unknown (get secrets)
E{n} {ts}       1 authentication.go:{n}] "Unable to authenticate the request" err="[invalid bearer token, service account token has expired]"
W{n} {ts}       1 dispatcher.go:{n}] Failed calling webhook, failing open {w}.{w}.io: failed calling webhook "{w}.{w}.io": context deadline exceeded
I{n} {ts}       1 controller.go:{n}] "Reconciled" controller="{w}" namespace="{w}" name="{pod}" reconcileID="{uuid}" generation={n}
Warning  FailedMount  {dur}  kubelet  MountVolume.SetUp failed for volume "kube-api-access-{hex5}" : object "{w}"/"kube-root-ca.crt" not registered
Warning  FailedMount  {dur}  kubelet  MountVolume.SetUp failed for volume "{w}-tls" : secret "{w}-tls" not found
Normal  Pulled  {dur}  kubelet  Successfully pulled image "registry.example.com/{w}/{w}@sha256:{hex64}" in {dur}
Error: couldn't find key DATABASE_URL in Secret {w}/{w}-env
Error: secret "{w}-credentials" not found
pod {w}/{pod} has unbound immediate PersistentVolumeClaims. preemption: 0/{n} nodes are available
containerd: time="{ts}" level=info msg="CreateContainer within sandbox \"{hex64}\" for container &ContainerMetadata{Name:{w},Attempt:{n},}"
time="{ts}" level=error msg="failed to refresh token" error="oauth2: cannot fetch token: 401 Unauthorized" component={w}
time="{ts}" level=warning msg="token is about to expire" expires_in={n}s key_id={hex8} subject={w}
level=info ts={ts} caller={w}.go:{n} msg="request" method=GET path=/{w}/{n} status=200 duration={dur} trace_id={hex32} span_id={hex16}
level=debug ts={ts} caller=cache.go:{n} msg="cache miss" key={w}:{n}:{w} tokens=12 ttl={dur}
{"level":"info","ts":{N10}.{n},"caller":"{w}/{w}.go:{n}","msg":"completed {w}","request_id":"{uuid}","duration_ms":{n},"bytes":{n}}
{"time":"{ts}","severity":"ERROR","message":"tokenizer: unexpected token '}' at line {n}","service":"{w}","version":"{v}"}
{"level":"error","msg":"jwt: token is expired by {dur}","kid":"{hex8}","trace_id":"{hex32}"}
{"usage":{"prompt_tokens":{n},"completion_tokens":{n},"total_tokens":{n}},"model":"{w}-{n}","max_tokens":{n}}
panic: runtime error: invalid memory address or nil pointer dereference [signal SIGSEGV: segmentation violation code=0x1 addr=0x0 pc=0x{hex8}]
goroutine {n} [running]: main.(*{w}).handle(0xc000{hex6}, {0x{hex6}, 0xc000{hex6}}) /go/src/{w}/{w}.go:{n} +0x{hex3}
	/home/app/go/pkg/mod/github.com/{w}/{w}@v{v}/auth/token_source.go:{n} +0x{hex3}
github.com/{w}/{w}/v2/pkg/credentials.(*Provider).Retrieve(...)
	at com.{w}.{w}.{java}.invoke({java}.java:{n})
	at org.springframework.security.web.authentication.www.BasicAuthenticationFilter.doFilterInternal(BasicAuthenticationFilter.java:{n})
	at org.apache.http.impl.auth.HttpAuthenticator.authenticate(HttpAuthenticator.java:{n}) ~[httpclient-{v}.jar!/:{v}]
	... {n} common frames omitted
Caused by: java.net.ConnectException: Connection refused: {w}-service.{w}.svc.cluster.local/{ip}:{port}
Caused by: org.springframework.security.authentication.BadCredentialsException: Bad credentials
org.springframework.beans.factory.BeanCreationException: Error creating bean with name 'tokenStore' defined in class path resource [com/{w}/{java}.class]
{ts}  INFO 4 --- [           main] o.s.b.f.s.DefaultListableBeanFactory     : Overriding bean definition for bean '{w}' with a different definition
{ts}  WARN 1 --- [nio-8080-exec-{n}] o.s.web.servlet.PageNotFound             : No mapping for GET /{w}/{n}
com.fasterxml.jackson.core.JsonParseException: Unrecognized token '{w}': was expecting (JSON String, Number, Array, Object or token 'null', 'true' or 'false')
SyntaxError: Unexpected token < in JSON at position {n}
SyntaxError: Unexpected token: punc (})
    at Parser.parseExprAtom (/{w}/node_modules/@babel/parser/lib/index.js:{n}:{n})
    at processTicksAndRejections (node:internal/process/task_queues:{n}:5)
Error: Cannot find module '/{w}/dist/{w}.js'
TypeError: Cannot read properties of undefined (reading 'token')
npm ERR! integrity checksum failed when using sha512: wanted sha512-{b64}{b64}== but got sha512-{b64}{b64}==. ({n} bytes)
  File "/usr/lib/python3.11/site-packages/{w}/{w}.py", line {n}, in {w}
    token = self._get_token()
    password = config["db"]["password"]
    super().__init__(host=host, user=user, password=password, **kwargs)
    raise AuthenticationError(f"invalid token for {user}")
    self.secret = os.environ.get("APP_SECRET")
    return self.client.get(url, headers={"Authorization": f"Bearer {token}"}, timeout={n})
KeyError: 'access_token'
ValueError: invalid literal for int() with base 10: '{w}'
django.db.utils.OperationalError: FATAL:  password authentication failed for user "{w}"
requests.exceptions.HTTPError: 401 Client Error: Unauthorized for url: https://{w}.example.com/api/{n}/{w}
botocore.exceptions.NoCredentialsError: Unable to locate credentials
botocore.errorfactory.ExpiredTokenException: An error occurred (ExpiredTokenException) when calling the AssumeRole operation: The security token included in the request is expired
operation error STS: AssumeRole, https response error StatusCode: 403, RequestID: {uuid}, api error AccessDenied: User: arn:aws:sts::{N12}:assumed-role/{w}/{w} is not authorized to perform: sts:AssumeRole
operation error S3: GetObject, https response error StatusCode: 404, RequestID: {HEX16}, HostID: {b64}{b64}=, NoSuchKey: The specified key does not exist.
Error: error configuring Terraform AWS Provider: no valid credential sources for Terraform AWS Provider found.
module.{w}.aws_iam_access_key.{w}: Refreshing state... [id={w}-{n}]
Error acquiring the state lock: ConditionalCheckFailedException, Lock Info: ID: {uuid} Path: {w}/terraform.tfstate Operation: OperationTypeApply Who: {w}@{w} Version: {v} Created: {ts}
fatal: could not read Username for 'https://github.com': terminal prompts disabled
remote: HTTP Basic: Access denied. The provided password or token is incorrect or your account has 2FA enabled
From https://github.com/{w}/{w} * branch {hex40} -> FETCH_HEAD
HEAD is now at {hex7} {w}: fix token refresh when the {w} is late
commit {hex40} (HEAD -> main, origin/main)
#{n} [builder {n}/9] COPY --from=build {path} {path}
#{n} exporting manifest sha256:{hex64} done
Step {n}/{n} : RUN --mount=type=secret,id={w} pip install -r requirements.txt
 ---> Running in {hex12}
golang.org/x/crypto v0.{n}.0 h1:{b64}=
rpc error: code = Unauthenticated desc = invalid auth token
rpc error: code = Unavailable desc = connection error: desc = "transport: Error while dialing: dial tcp {ip}:{port}: connect: connection refused"
Get "https://{w}.example.com/v1/{w}/{uuid}?limit={n}&after={n}": context deadline exceeded (Client.Timeout exceeded while awaiting headers)
x509: certificate signed by unknown authority (possibly because of "crypto/rsa: verification error" while trying to verify candidate authority certificate "{w} CA")
tls: failed to verify certificate: x509: certificate is valid for {w}.example.com, not {w}.example.org
unauthorized: authentication required; token missing or expired
authorization: user {w} is not allowed to {w} in namespace {w}
auth: failed to verify password for user {w}: no such user
login failed: wrong password (attempt {n} of 5)
password: must be at least {n} characters
password reset requested for user {n}
session {uuid} expired after {dur}
api key {hex8}… is not allowed to write (scope read)
secret rotation finished: {n} secrets, {n} skipped, took {dur}
csrf token mismatch for session {hex8}, path /{w}
refresh token reuse detected for user {n}; family {uuid} revoked
missing required header: authorization
Set-Cookie header ignored: domain mismatch
cookie: invalid value for attribute
invalid token at line {n}, column {n}: expected ')' but got '{w}'
Unexpected token: '}' at {path}:{n}
parse error near key "{w}": expected string, got number
unknown key "{w}" in {path}
key not found: {w}/{w}/{uuid}
redis: nil (key={w}:{n})
kafka: offset {n} out of range for partition {n} of topic {w}
consumer group {w} rebalanced: generation={n} member={w}-{uuid} assigned={n}
publishing to exchange={w} routing_key={w}.{w}.created delivery_tag={n}
idempotency_key={uuid} replayed, status=200
partition_key={w}#{n} sort_key={ts} consumed=1.5
etag="{hex32}" cache-control="max-age={n}" x-request-id={uuid}
x-amz-request-id: {HEX16} x-amz-id-2: {b64}/{b64}=
traceparent: 00-{hex32}-{hex16}-01
run {ulid} failed after {dur}: step "{w}" exited with code {n}
deploy {uuid} of {w}@{hex7} to prod: image registry.example.com/{w}:{hex7} rolled out in {dur}
order {N16b} paid, total {n}.50 RUB, invoice {n}/{n}
phone +7 9{n} {n}-{n}-{n} is busy
uploaded s3://{w}-bucket/{w}/{ulid}.json.gz ({n} bytes, md5 {hex32})
{w} {w} {w} {w} {w}: {w} {w} in {dur}
at {path}:{n}:{n}
GOROOT=/usr/local/go GOPATH=/home/app/go PWD={path} HOME=/home/app SHELL=/bin/bash LANG=C.UTF-8
ps: {w} {n} 0.0 0.1 {n} {n} ? Ss 09:{n} 0:00 /usr/bin/{w} --config={path} --token-file={path} --log-level=info
usage: {w} [--token TOKEN] [--password PASSWORD] <file>
flag provided but not defined: -token
error: --token is required
Ошибка: не удалось подключиться к базе данных {w}: превышено время ожидания {n} с
Задание {n} завершилось с кодом {n}: файл {path} не найден
Неверный пароль для пользователя {w}, попытка {n}
Токен доступа истёк {n} минут назад, выполните вход заново
Пользователь {w} вошёл в систему с адреса {ip}
Ключ идемпотентности {uuid} уже использован
пароль: должен содержать не менее {n} символов
Получено {n} записей из очереди {w} за {dur}, пропущено {n}
`

var benignWords = strings.Fields(`orders billing worker nightly backup shop checkout payments search users index import export
reports cluster primary replica broker queue events ledger sync mailer gateway frontend backend scheduler cache session
profile account invoice catalog pricing shipping inventory auth token parser builder runner deploy staging metrics tracing
alpha beta gamma delta admin support monitor health upload download media images thumbnails notify webhook crawler`)

func fill(r *rand.Rand, form string) string {
	hex := func(n int, upper bool) string {
		const digits = "0123456789abcdef"
		b := make([]byte, n)
		for i := range b {
			b[i] = digits[r.IntN(16)]
		}
		if upper {
			return strings.ToUpper(string(b))
		}
		return string(b)
	}
	from := func(set string, n int) string {
		b := make([]byte, n)
		for i := range b {
			b[i] = set[r.IntN(len(set))]
		}
		return string(b)
	}
	word := func() string { return benignWords[r.IntN(len(benignWords))] }
	var b strings.Builder
	for {
		i := strings.IndexByte(form, '{')
		if i < 0 {
			b.WriteString(form)
			return b.String()
		}
		b.WriteString(form[:i])
		form = form[i:]
		k := strings.IndexByte(form, '}')
		if k < 0 {
			b.WriteString(form)
			return b.String()
		}
		var size int
		name := form[1:k]
		switch name {
		case "n":
			fmt.Fprint(&b, r.IntN(10)*r.IntN(10000)+r.IntN(100))
		case "N":
			fmt.Fprint(&b, r.Int64N(9e18)+1e17)
		case "N10":
			fmt.Fprint(&b, 1700000000+r.IntN(90000000))
		case "N12":
			b.WriteString(from("123456789", 12))
		case "N13":
			fmt.Fprint(&b, 1445062781478+r.Int64N(300000000000))
		case "N16b":
			fmt.Fprint(&b, 1000000000000000+r.Int64N(999999999999999))
		case "ip":
			fmt.Fprintf(&b, "%d.%d.%d.%d", 1+r.IntN(223), r.IntN(256), r.IntN(256), 1+r.IntN(254))
		case "port":
			fmt.Fprint(&b, 1024+r.IntN(60000))
		case "uuid":
			fmt.Fprintf(&b, "%s-%s-4%s-a%s-%s", hex(8, false), hex(4, false), hex(3, false), hex(3, false), hex(12, false))
		case "ulid":
			b.WriteString("01J" + from("0123456789ABCDEFGHJKMNPQRSTVWXYZ", 23))
		case "ts":
			fmt.Fprintf(&b, "2026-%02d-%02dT%02d:%02d:%02d.%03dZ", 1+r.IntN(12), 1+r.IntN(28), r.IntN(24), r.IntN(60), r.IntN(60), r.IntN(1000))
		case "w":
			b.WriteString(word())
		case "dur":
			b.WriteString([]string{"12ms", "3.4s", "6m3s", "1h2m", "870µs"}[r.IntN(5)])
		case "pod":
			b.WriteString(word() + "-" + from("bcdfghjklmnpqrstvwxz2456789", 10) + "-" + from("bcdfghjklmnpqrstvwxz2456789", 5))
		case "path":
			b.WriteString([]string{"/var/lib/", "/etc/", "/home/app/", "/opt/", "/tmp/"}[r.IntN(5)] + word() + "/" + word() + []string{".yaml", ".go", ".log", ".key", ".py", "/token", ""}[r.IntN(7)])
		case "java":
			w := word()
			b.WriteString(strings.ToUpper(w[:1]) + w[1:] + []string{"TokenProvider", "Service", "PasswordEncoder", "Controller", "SecretManager", "$$Lambda$104"}[r.IntN(6)])
		case "b64":
			b.WriteString(from("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/", 43))
		case "v":
			fmt.Fprintf(&b, "%d.%d.%d", r.IntN(20), r.IntN(40), r.IntN(100))
		default:
			switch {
			case strings.HasPrefix(name, "hex"):
				fmt.Sscan(name[3:], &size)
				b.WriteString(hex(size, false))
			case strings.HasPrefix(name, "HEX"):
				fmt.Sscan(name[3:], &size)
				b.WriteString(hex(size, true))
			default:
				b.WriteByte('{')
				form = form[1:]
				continue
			}
		}
		form = form[k+1:]
	}
}

// benignLines are about 27,000 lines, the same in each run.
func benignLines(t testing.TB) []string {
	r := rand.New(rand.NewPCG(7, 11))
	forms := strings.Split(strings.Trim(benignForms, "\n"), "\n")
	var lines []string
	for range 150 {
		for _, form := range forms {
			lines = append(lines, fill(r, form))
		}
	}
	for _, name := range []string{"testdata/jobs.jsonl", "testdata/services.jsonl"} {
		f, err := os.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		sc := bufio.NewScanner(f)
		for sc.Scan() {
			var row struct{ M string }
			if err := json.Unmarshal(sc.Bytes(), &row); err != nil {
				t.Fatal(err)
			}
			lines = append(lines, row.M)
		}
		f.Close()
	}
	return lines
}

func TestOrdinaryLinesStay(t *testing.T) {
	lines := benignLines(t)
	if len(lines) < 20000 {
		t.Fatalf("only %d lines", len(lines))
	}
	changed, shown := 0, 0
	for _, line := range lines {
		out := Text(line)
		if out == line {
			continue
		}
		changed++
		if shown++; shown <= 25 {
			t.Logf("changed: %q\n     to: %q", line, out)
		}
	}
	rate := float64(changed) / float64(len(lines))
	t.Logf("%d of %d ordinary lines changed (%.4f %%)", changed, len(lines), 100*rate)
	if rate > 0.001 {
		t.Errorf("%.3f %% of ordinary lines changed, want at most 0.1 %%", 100*rate)
	}
}
