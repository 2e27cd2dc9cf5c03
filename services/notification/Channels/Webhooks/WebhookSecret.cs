using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using CleanRoom.Cryptography;

namespace CleanRoom.Notification.Channels.Webhooks;

/// <summary>The secret that both ends of a webhook know, and its signature (Standard Webhooks: HMAC-SHA256 over id, timestamp and body).</summary>
internal sealed class WebhookSecret
{
    private const string Prefix = "whsec_";
    private const int LeastBytes = 24;
    private const int MostBytes = 64;

    private readonly byte[] _key;

    private WebhookSecret(byte[] key) => _key = key;

    public static bool TryRead(string? file, [NotNullWhen(true)] out WebhookSecret? secret)
    {
        secret = null;
        try
        {
            return !string.IsNullOrEmpty(file) && TryParse(File.ReadAllText(file).TrimEnd('\r', '\n'), out secret);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    public static bool TryParse(string text, [NotNullWhen(true)] out WebhookSecret? secret)
    {
        secret = text.StartsWith(Prefix, StringComparison.Ordinal) && StrictBase64.TryDecodeStandard(text.AsSpan(Prefix.Length), out var key)
            && key.Length is >= LeastBytes and <= MostBytes
            ? new WebhookSecret(key)
            : null;
        return secret is not null;
    }

    /// <summary>The value of the header webhook-signature.</summary>
    public string Sign(string id, long timestamp, ReadOnlySpan<byte> body)
    {
        byte[] signed = [.. Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{id}.{timestamp}.")), .. body];
        return "v1," + Convert.ToBase64String(HMACSHA256.HashData(_key, signed));
    }
}
