// Package targetcheck tries a target file out before anything is measured by it: over each transport that the file describes one client opens a session, two
// messages are published, and all that was said on the way is told, with what was made of it.
//
//	target file ──▶ [Run] ──▶ sessions of package target, which tell a trace ──▶ []Finding ──▶ [Text]
//
// A file that does not say how to publish is for whoever only listens: then a session opens and whatever comes is told.
//
// The second message shows that a poller goes on where it was: a cursor that stands still would bring the first one again.
//
// What is told goes through the file's mask. Beside the secrets that the file was told, it hides what the server gave the session for its own (captured values)
// and the values of fields, parameters and keys whose names say that they are secret.
package targetcheck
