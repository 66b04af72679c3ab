// The function ingest takes reports, updates of runs and deploys, and lines of logs.
package main

import "rynda/functions/internal/function"

func main() { function.Serve("ingest") }
