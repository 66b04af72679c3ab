package fingerprint

import "testing"

func TestThrowSite(t *testing.T) {
	for _, c := range []struct {
		platform, kind, level string
		want                  bool
	}{
		{"go", "*net.OpError", "error", false},
		{"Go", "", "", false},
		{"go", "runtime.boundsError", "error", true},
		{"go", "*runtime.TypeAssertionError", "error", true},
		{"go", "", "Fatal", true},
		{"go", "", "panic", true},
		{"python", "KeyError", "error", true},
		{"", "", "", true},
	} {
		if got := ThrowSite(c.platform, c.kind, c.level); got != c.want {
			t.Errorf("ThrowSite(%q, %q, %q) = %v", c.platform, c.kind, c.level, got)
		}
	}
}

func TestCulprit_of_frames(t *testing.T) {
	app := func(module, function, file string) Frame {
		return Frame{Module: module, Function: function, File: file, InApp: true}
	}
	foreign := func(module, function, file string) Frame {
		return Frame{Module: module, Function: function, File: file}
	}
	for _, c := range []struct {
		name   string
		frames []Frame
		want   string
	}{
		{"none", nil, ""},
		{"the innermost own frame", []Frame{app("app", "main", ""), app("app.db", "query", ""), foreign("psycopg2", "execute", "")}, "app.db.query"},
		{"a Go method and its closure", []Frame{app("rynda/pkg/x", "(*T).Run.func12", "")}, "rynda/pkg/x.(*T).Run.func"},
		{"a closure in a closure", []Frame{app("main", "run.func1.2.3", "")}, "main.run.func"},
		{"a function called as its module", []Frame{app("main", "main.run", "")}, "main.run"},
		{"goroutine wrappers", []Frame{app("main", "run.gowrap2", "")}, "main.run"},
		{"iterator bodies", []Frame{app("main", "run-range1", "")}, "main.run"},
		{"type arguments", []Frame{app("main", "Map[go.shape.int,go.shape.string]", "")}, "main.Map[...]"},
		{"a module with a version", []Frame{app("github.com/acme/x@v1.2.3/db", "Query", "")}, "github.com/acme/x/db.Query"},
		{"a major version stays", []Frame{app("github.com/acme/x/v2", "Query", "")}, "github.com/acme/x/v2.Query"},
		{"an address", []Frame{app("app", "handler+0x1d", "")}, "app.handler"},
		{"a Java lambda", []Frame{app("com.acme.Worker", "lambda$run$0", "")}, "com.acme.Worker.lambda$run"},
		{"a Java proxy", []Frame{app("com.acme.Worker$$EnhancerBySpringCGLIB$$8a1b2c3d", "run", "")}, "com.acme.Worker$$EnhancerBySpringCGLIB.run"},
		{"a file where the module is missing", []Frame{app("", "price", "/srv/releases/20260424/app/routes/cart.js")}, "routes/cart.js price"},
		{"a bundle with a hash", []Frame{app("", "t", "https://a.example/static/main.4f3a2b1c.js?v=5")}, "static/main.<n>.js t"},
		{"a Windows path", []Frame{app("", "Run", `C:\src\app\Worker.cs`)}, "app/Worker.cs Run"},
		{"a file alone", []Frame{app("", "", "/app/x/run.py")}, "x/run.py"},
		{"asynchronous and renamed", []Frame{app("srv", "async Object.pay [as handler]", "")}, "srv.Object.pay"},
		{"unmarked frames: libraries are passed over", []Frame{foreign("", "pay", "/app/src/pay.js"), foreign("", "query", "/app/node_modules/pg/lib/client.js"), foreign("", "emit", "node:events")}, "src/pay.js pay"},
		{"unmarked Go frames", []Frame{foreign("main", "run", "/src/main.go"), foreign("net/http", "(*Client).Do", "/usr/local/go/src/net/http/client.go"), foreign("runtime", "gopanic", "runtime/panic.go")}, "main.run"},
		{"unmarked foreign frames only", []Frame{foreign("", "query", "/app/node_modules/pg/lib/client.js")}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := culprit(c.frames, "panic: x\n\ngoroutine 1 [running]:\nmain.never()\n\t/a.go:1\n"); len(c.frames) > 0 && got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestCulprit_of_a_text_stack(t *testing.T) {
	for _, c := range []struct{ name, stack, want string }{
		{"nothing", "", ""},
		{"prose", "it failed at noon, at the office", ""},
		{"a Go panic as the runtime prints it", "panic: boom\n\ngoroutine 1 [running]:\nmain.(*T).Run.func2(0xc00001, {0x1, 0x2})\n\t/src/app/main.go:12 +0x1d\nmain.main()\n\t/src/app/main.go:5 +0x2\nexit status 2\n", "main.(*T).Run.func"},
		{
			"a Go panic as recovered",
			"goroutine 7 [running]:\nruntime/debug.Stack()\n\t/usr/local/go/src/runtime/debug/stack.go:26 +0x5e\nrynda/pkg/httpapi.recoverer.func1()\n\t/src/pkg/httpapi/recover.go:20 +0x45\npanic({0x6b0d20?, 0x7b1e30?})\n\t/usr/local/go/src/runtime/panic.go:792 +0x132\nruntime.goPanicIndex()\n\t/usr/local/go/src/runtime/panic.go:115\nslices.SortFunc[...]()\n\t/usr/local/go/src/slices/sort.go:1\ngithub.com/acme/lib.Do()\n\t/root/go/pkg/mod/github.com/acme/lib@v1.2.3/do.go:4 +0x1\nrynda/pkg/journal.Fold({0x1})\n\t/src/pkg/journal/fold.go:33 +0x1\ncreated by net/http.(*Server).Serve in goroutine 1\n\t/usr/local/go/src/net/http/server.go:3\n",
			"rynda/pkg/journal.Fold",
		},
		{"a Go stack without a panic is not the throw site", "goroutine 7 [running]:\nruntime/debug.Stack()\n\t/usr/local/go/src/runtime/debug/stack.go:26\nmain.report()\n\t/src/main.go:9\n", ""},
		{"another goroutine is not looked at", "panic: x\n\ngoroutine 1 [running]:\nruntime.throw()\n\t/usr/local/go/src/runtime/panic.go:1\n\ngoroutine 2 [select]:\nmain.other()\n\t/src/main.go:9\n", ""},
		{
			"Python",
			"Traceback (most recent call last):\n  File \"/app/main.py\", line 3, in <module>\n    run()\n  File \"/app/jobs/etl.py\", line 12, in run\n    db.q()\n  File \"/usr/lib/python3.12/site-packages/db.py\", line 5, in q\n    raise X\nX: bad\n",
			"jobs/etl.py run",
		},
		{
			"Python's innermost cause",
			"Traceback (most recent call last):\n  File \"/app/jobs/load.py\", line 3, in load\n    x\nKeyError: 'a'\n\nThe above exception was the direct cause of the following exception:\n\nTraceback (most recent call last):\n  File \"/app/jobs/etl.py\", line 3, in run\n    x\nLoadError\n",
			"jobs/load.py load",
		},
		{"a Python stack of a log call is not the throw site", "Stack (most recent call last):\n  File \"/app/main.py\", line 3, in <module>\n", ""},
		{
			"Java's root cause",
			"java.lang.IllegalStateException: x\n\tat com.acme.Service.call(Service.java:10)\n\tat java.base/java.lang.Thread.run(Thread.java:833)\nCaused by: org.postgresql.util.PSQLException: y\n\tat org.postgresql.core.QueryExecutor.run(QueryExecutor.java:1)\n\tat com.acme.Repo.lambda$find$3(Repo.java:5)\n\t... 12 more\n",
			"com.acme.Repo.lambda$find",
		},
		{"a Java cause of libraries only", "x.Y: x\n\tat app//com.acme.Service.call(Service.kt:10)\nCaused by: y\n\tat java.base/java.net.Socket.connect(Socket.java:1)\n\t... 1 more\n", "com.acme.Service.call"},
		{
			"Node",
			"TypeError: x\n    at parse (/app/node_modules/qs/lib/parse.js:1:2)\n    at new Cart (/app/src/cart.js:10:5)\n    at async Promise.all (index 0)\n    at node:internal/main/run_main_module:23:47\n",
			"src/cart.js Cart",
		},
		{"Node without a function", "Error: x\n    at file:///app/src/run.mjs:3:7\n", "src/run.mjs"},
		{"Node, anonymous", "Error: x\n    at Object.<anonymous> (/app/src/run.js:3:7)\n", "src/run.js Object.<anonymous>"},
		{".NET is not known", "   at Acme.Worker.Run(String x) in C:\\src\\Worker.cs:line 42\n", ""},
		{"a browser of another format is not known", "pay@https://a.example/main.js:1:2\n", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := culprit(nil, c.stack); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}
