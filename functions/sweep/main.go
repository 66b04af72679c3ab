// The function sweep folds what was left and applies the retention, by the clock.
package main

import "rynda/functions/internal/function"

func main() { function.Sweep() }
