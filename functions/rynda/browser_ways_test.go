package main

import (
	"path/filepath"
	"runtime"
	"testing"

	"rynda/pkg/pgtest"
)

// mainJob is the main job in three scenarios: an error becomes an alert, a
// dismissal is everybody's, and what happened while the line was dead is there
// afterwards.
var mainJob = []string{"post-to-alert", "two-tabs", "restart"}

// The main job is done by the packages of the functions, too, and through nginx
// with nothing set, which buffers and gives an answer a minute.
func TestBrowserOtherWays(t *testing.T) {
	t.Parallel()
	chromium := needBrowser(t)
	built := builtWeb(t)
	for way, before := range map[string]func(*testing.T, *stage){
		"functions": func(t *testing.T, s *stage) {
			if runtime.GOOS != "linux" {
				t.Skip("the packages are for Linux")
			}
			zips, err := testPackages()
			if err != nil {
				t.Fatal(err)
			}
			s.dsn = pgtest.Direct(s.dsn)
			s.command = []string{"lambda", "-zips", zips}
		},
		"nginx": func(t *testing.T, s *stage) {
			s.url = "http://" + nginx.start(t, s.listen)
		},
	} {
		for _, name := range mainJob {
			t.Run(way+"/"+name, func(t *testing.T) {
				t.Parallel()
				s := prepareStage(t, built, chromium)
				before(t, s)
				s.startFront()
				s.dev = s.readDev(s.dir)
				s.play(filepath.Join(builtFrom(built), "web", "e2e", name+".scenario.mjs"))
			})
		}
	}
}
