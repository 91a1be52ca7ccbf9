//go:build !unix

package policy

import "io/fs"

// Folder is empty: this system keeps who may write a file in another way than
// Portside can judge, so that only managed settings count.
const Folder = ""

func identity(fs.FileInfo) string { return "" }
