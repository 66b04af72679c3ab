//go:build embed_web

package main

import (
	"embed"
	"io/fs"
)

// A release is built with -tags embed_web after the page was built into
// functions/rynda/web; see Taskfile.yml.
//
//go:embed all:web
var web embed.FS

func embeddedWeb() fs.FS {
	files, err := fs.Sub(web, "web")
	if err != nil {
		return nil
	}
	return files
}
