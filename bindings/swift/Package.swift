// swift-tools-version:5.9
// The generated part and the library are put beside this file by `cargo xtask bindings --ios` (README.md): nothing generated is committed.
import PackageDescription

let package = Package(
    name: "DaohuField",
    platforms: [.iOS(.v15), .macOS(.v12)],
    products: [.library(name: "DaohuField", targets: ["DaohuField"])],
    targets: [
        .binaryTarget(name: "daohu_ffiFFI", path: "build/daohu_ffiFFI.xcframework"),
        .target(name: "DaohuField", dependencies: ["daohu_ffiFFI"]),
        .testTarget(name: "DaohuFieldTests", dependencies: ["DaohuField"]),
    ]
)
