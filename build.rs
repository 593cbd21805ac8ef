//! Says that the catalog is part of the program, so that a file that is new in it is built in, too.

fn main() {
    println!("cargo::rerun-if-changed=src/catalog");
}
