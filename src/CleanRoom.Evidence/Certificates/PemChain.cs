using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;

namespace CleanRoom.Evidence.Certificates;

/// <summary>A chain of certificates in PEM as it stands in a quote: blocks one after another, then white space and NUL bytes only.</summary>
internal static class PemChain
{
    /// <summary>Most certificates of a chain.</summary>
    public const int MaxLength = 8;

    /// <summary>Reads a chain: exactly, or false.</summary>
    public static bool TryRead(ReadOnlySpan<byte> pem, [NotNullWhen(true)] out IReadOnlyList<Certificate>? chain)
    {
        chain = null;
        if (pem.ContainsAnyExceptInRange((byte)0, (byte)0x7E))
        {
            return false;
        }

        var certificates = new List<Certificate>();
        var rest = Encoding.ASCII.GetString(pem).AsSpan();
        while (PemEncoding.TryFind(rest, out var fields))
        {
            if (certificates.Count == MaxLength || rest[fields.Label] is not "CERTIFICATE" || !IsBlank(rest[..fields.Location.Start.Value])
                || !Certificate.TryParse(Convert.FromBase64String(rest[fields.Base64Data].ToString()), out var certificate))
            {
                return false;
            }

            certificates.Add(certificate);
            rest = rest[fields.Location.End..];
        }

        chain = IsBlank(rest) ? certificates : null;
        return chain is not null;
    }

    private static bool IsBlank(ReadOnlySpan<char> text) => !text.ContainsAnyExcept("\r\n \0");
}
