using System.Globalization;
using System.Numerics;
using System.Security.Cryptography;

namespace CleanRoom.Cryptography;

/// <summary>The curve P-256 (SP 800-186 §3.2.1.3): encodings and checks that do not rest on what the platform happens to check.</summary>
internal static class P256
{
    public const int ScalarSize = 32;
    public const int CoordinateSize = 32;

    /// <summary>SEC 1 §2.3.3 uncompressed point: 0x04, x, y.</summary>
    public const int PointSize = 65;

    /// <summary>SubjectPublicKeyInfo of an uncompressed point on the named curve: this prefix and the point, nothing else.</summary>
    public const int SpkiSize = 91;

    private static readonly BigInteger Prime = Hex("ffffffff00000001000000000000000000000000ffffffffffffffffffffffff");
    private static readonly BigInteger B = Hex("5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604b");

    private static ReadOnlySpan<byte> Order =>
    [
        0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
        0xbc, 0xe6, 0xfa, 0xad, 0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51,
    ];

    // SEQUENCE { SEQUENCE { OID id-ecPublicKey, OID prime256v1 }, BIT STRING } up to the point (RFC 5480 §2).
    private static ReadOnlySpan<byte> SpkiPrefix =>
    [
        0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01,
        0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
    ];

    /// <summary>Tells whether this is an uncompressed point on the curve with reduced coordinates (SP 800-56A §5.6.2.3.3; the cofactor is 1).</summary>
    public static bool IsPoint(ReadOnlySpan<byte> point)
    {
        if (point.Length != PointSize || point[0] != 0x04)
        {
            return false;
        }

        // Public values only: BigInteger is not constant time.
        var x = new BigInteger(point.Slice(1, CoordinateSize), isUnsigned: true, isBigEndian: true);
        var y = new BigInteger(point.Slice(1 + CoordinateSize, CoordinateSize), isUnsigned: true, isBigEndian: true);
        if (x >= Prime || y >= Prime)
        {
            return false;
        }

        var right = (((((x * x) - 3) * x) + B) % Prime + Prime) % Prime;
        return y * y % Prime == right;
    }

    /// <summary>Tells in constant time whether 1 ≤ scalar &lt; order.</summary>
    public static bool IsScalar(ReadOnlySpan<byte> scalar)
    {
        if (scalar.Length != ScalarSize)
        {
            return false;
        }

        var borrow = 0;
        var any = 0;
        for (var i = ScalarSize - 1; i >= 0; i--)
        {
            borrow = ((scalar[i] - Order[i] - borrow) >> 31) & 1;
            any |= scalar[i];
        }

        return (borrow != 0) & (any != 0);
    }

    public static byte[] ToSpki(ReadOnlySpan<byte> point) => [.. SpkiPrefix, .. point];

    /// <summary>Takes the point out of an SPKI that has exactly the one accepted encoding.</summary>
    public static bool TryPointOfSpki(ReadOnlySpan<byte> spki, out ReadOnlySpan<byte> point)
    {
        point = default;
        if (spki.Length != SpkiSize || !spki.StartsWith(SpkiPrefix) || !IsPoint(spki[SpkiPrefix.Length..]))
        {
            return false;
        }

        point = spki[SpkiPrefix.Length..];
        return true;
    }

    public static ECParameters ToParameters(ReadOnlySpan<byte> point) => new()
    {
        Curve = ECCurve.NamedCurves.nistP256,
        Q = new ECPoint
        {
            X = point.Slice(1, CoordinateSize).ToArray(),
            Y = point.Slice(1 + CoordinateSize, CoordinateSize).ToArray(),
        },
    };

    public static byte[] ToPoint(ECPoint q) => [0x04, .. q.X!, .. q.Y!];

    public static bool IsP256(ECCurve curve) =>
        curve.IsNamed && curve.Oid.Value == ECCurve.NamedCurves.nistP256.Oid.Value;

    private static BigInteger Hex(string digits) =>
        BigInteger.Parse("0" + digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
}
