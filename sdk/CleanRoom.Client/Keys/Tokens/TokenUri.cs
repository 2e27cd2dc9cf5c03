using System.Collections.Frozen;
using System.Text;
using CleanRoom.Cryptography;

namespace CleanRoom.Client.Keys.Tokens;

/// <summary>
/// Where a signing key lies in a PKCS#11 token, as a PKCS#11 URI (RFC 7512): <c>pkcs11:token=LABEL;object=LABEL?module-path=/PATH</c>. The token is named by <c>token</c> or <c>serial</c> or both, the key by
/// <c>object</c> or <c>id</c> or both; <c>module-path</c> is the vendor's library; <c>pin-source=file:/PATH</c> is a file with the PIN. Nothing else may stand in it, and never the PIN.
/// </summary>
public sealed class TokenUri : KeyAddress
{
    /// <summary>What it begins with.</summary>
    public const string Scheme = "pkcs11:";

    internal const string Form = "write pkcs11:token=LABEL;object=LABEL?module-path=/PATH, with &pin-source=file:/PATH if a file holds the PIN (RFC 7512)";

    private const int MaxId = 64;
    private const string FileScheme = "file:";

    private static readonly FrozenSet<string> PathNames = FrozenSet.Create(StringComparer.Ordinal, "id", "object", "serial", "token");
    private static readonly FrozenSet<string> QueryNames = FrozenSet.Create(StringComparer.Ordinal, "module-path", "pin-source");
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private TokenUri(string text)
        : base(text)
    {
    }

    /// <summary>The token's label; null for any.</summary>
    public string? Token { get; private init; }

    /// <summary>The token's serial number; null for any.</summary>
    public string? Serial { get; private init; }

    /// <summary>The key's label; null for any.</summary>
    public string? Label { get; private init; }

    /// <summary>The key's id; empty for any.</summary>
    public ReadOnlyMemory<byte> Id { get; private init; }

    /// <summary>Absolute path of the module.</summary>
    public required string ModulePath { get; init; }

    /// <summary>Absolute path of the file with the PIN; null: whoever uses the key is asked.</summary>
    public string? PinFile { get; private init; }

    internal override string Holder => "the token " + TokenName;

    /// <inheritdoc/>
    public override ISigningKey OpenKey(Func<string, string?>? askPin) => TokenSigningKey.Open(this, askPin);

    /// <returns>Null with what is wrong.</returns>
    internal static TokenUri? Read(string text, out string? problem)
    {
        var (path, query) = Split(text[Scheme.Length..], '?');
        var values = new Dictionary<string, byte[]>(StringComparer.Ordinal);
        problem = Read(path.Split(';'), PathNames, values) ?? Read(query?.Split('&') ?? [], QueryNames, values);
        if (problem is not null)
        {
            return null;
        }

        string? token, serial, label, module, pin;
        try
        {
            (token, serial, label, module, pin) = (Text("token"), Text("serial"), Text("object"), Text("module-path"), Text("pin-source"));
        }
        catch (DecoderFallbackException)
        {
            problem = "holds bytes that are no text";
            return null;
        }

        var id = values.GetValueOrDefault("id", []);
        problem = (token ?? serial) is null ? "names no token"
            : label is null && id.Length == 0 ? "names no key: object or id is missing"
            : id.Length > MaxId ? $"has an id longer than {MaxId} bytes"
            : module is null || !Path.IsPathFullyQualified(module) ? "has no module-path that is absolute"
            : pin is not null && !(pin.StartsWith(FileScheme, StringComparison.Ordinal) && Path.IsPathFullyQualified(pin[FileScheme.Length..])) ? "has a pin-source that is not file: and an absolute path"
            : null;
        if (problem is not null)
        {
            return null;
        }

        return new TokenUri(text) { Token = token, Serial = serial, Label = label, Id = id, ModulePath = module!, PinFile = pin?[FileScheme.Length..] };

        // A zero ends a text for the module, and for nobody else.
        string? Text(string name) => !values.TryGetValue(name, out var bytes) ? null : !bytes.Contains((byte)0) ? Strict.GetString(bytes) : throw new DecoderFallbackException();
    }

    /// <summary>What the token is called in what people read.</summary>
    internal string TokenName => Token ?? "with serial number " + Serial;

    private static (string Before, string? After) Split(string text, char at) => text.IndexOf(at, StringComparison.Ordinal) is >= 0 and var index ? (text[..index], text[(index + 1)..]) : (text, null);

    private static string? Read(string[] parts, FrozenSet<string> known, Dictionary<string, byte[]> values)
    {
        foreach (var part in parts)
        {
            var (name, value) = Split(part, '=');
            if (name is "pin-value")
            {
                return "holds the PIN, which others on this machine can read from it: take it out, and change the PIN";
            }

            if (!known.Contains(name) || value is null || !TryDecode(value, out var bytes) || bytes.Length == 0)
            {
                return known == PathNames ? "has something in front of the ? that is not token=, serial=, object= or id=, percent-encoded" : "has something behind the ? that is not module-path= or pin-source=";
            }

            if (!values.TryAdd(name, bytes))
            {
                return $"has {name} twice";
            }
        }

        return null;
    }

    /// <summary>RFC 3986 §2: unreserved and the reserved ones that RFC 7512 §2.3 lets stand; the rest percent-encoded.</summary>
    private static bool TryDecode(string text, out byte[] bytes)
    {
        var decoded = new List<byte>(text.Length);
        bytes = [];
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] == '%')
            {
                if (i + 2 >= text.Length || !char.IsAsciiHexDigit(text[i + 1]) || !char.IsAsciiHexDigit(text[i + 2]))
                {
                    return false;
                }

                decoded.Add(Convert.ToByte(text.Substring(i + 1, 2), 16));
                i += 2;
            }
            else if (char.IsAsciiLetterOrDigit(text[i]) || "-._~:[]@!$'()*+,/".Contains(text[i], StringComparison.Ordinal))
            {
                decoded.Add((byte)text[i]);
            }
            else
            {
                return false;
            }
        }

        bytes = [.. decoded];
        return true;
    }
}
