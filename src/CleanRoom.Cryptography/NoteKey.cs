using System.Security.Cryptography;
using System.Text;

namespace CleanRoom.Cryptography;

/// <summary>
/// Key hashes of our two signature types on notes. C2SP signed-note leaves type 0xff to longer identifiers:
/// first 4 bytes of SHA-256(name ‖ 0x0A ‖ 0xff ‖ identifier ‖ SPKI).
/// </summary>
internal static class NoteKey
{
    public const int HashSize = 4;

    private static ReadOnlySpan<byte> LogType => "cleanroom/ecdsa-p256"u8;

    private static ReadOnlySpan<byte> CosignatureType => "cleanroom/ecdsa-p256-cosignature/v1"u8;

    public static byte[] LogHash(string name, VerifyingKey key) => Hash(name, LogType, key);

    public static byte[] CosignatureHash(string name, VerifyingKey key) => Hash(name, CosignatureType, key);

    private static byte[] Hash(string name, ReadOnlySpan<byte> type, VerifyingKey key) =>
        SHA256.HashData([.. Encoding.UTF8.GetBytes(name), 0x0a, 0xff, .. type, .. key.Spki.Span])[..HashSize];
}
