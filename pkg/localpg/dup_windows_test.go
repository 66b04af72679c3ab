package localpg

import (
	"errors"
	"os"
)

func dup(*os.File) (*os.File, error) { return nil, errors.New("no child shares files here") }
