//go:build !embed_web

package main

import "io/fs"

// embeddedWeb is nil: this binary was built without the page in it.
func embeddedWeb() fs.FS { return nil }
