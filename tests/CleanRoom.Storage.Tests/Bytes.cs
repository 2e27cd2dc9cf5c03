using System.Security.Cryptography;

namespace CleanRoom.Storage.Tests;

/// <summary>Bytes that a seed and a number name, so that another process can make the same.</summary>
internal static class Bytes
{
    public static byte[] Of(string name, int length)
    {
        var bytes = new byte[length];
        HKDF.Expand(HashAlgorithmName.SHA256, SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(name)), bytes.AsSpan(0, Math.Min(length, 255 * 32)), []);
        for (var done = 255 * 32; done < length; done += 255 * 32)
        {
            bytes.AsSpan(0, Math.Min(255 * 32, length - done)).CopyTo(bytes.AsSpan(done));
        }

        return bytes;
    }
}
