//! Writes the Kotlin, Swift and Python sides of the field core's library: `daohu-bindgen generate …`, as uniffi's own command.

fn main() {
    uniffi::uniffi_bindgen_main();
}
