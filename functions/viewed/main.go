// The function viewed marks groups viewed, signs people in and hands out tickets.
package main

import "rynda/functions/internal/function"

func main() { function.Serve("viewed") }
