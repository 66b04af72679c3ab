// The function migrate brings the database to the newest version.
package main

import "rynda/functions/internal/function"

func main() { function.Migrate() }
