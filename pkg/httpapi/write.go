package httpapi

import "net/http"

// WriteProblem answers with the problem document of a status, for handlers that
// are passed in.
func WriteProblem(w http.ResponseWriter, r *http.Request, status int) {
	newProblem(status, http.StatusText(status)+".").write(w, r)
}
