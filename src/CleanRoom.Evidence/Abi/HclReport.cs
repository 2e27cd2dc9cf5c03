using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text.Json;
using CleanRoom.Cryptography;

namespace CleanRoom.Evidence.Abi;

/// <summary>
/// Report of Azure's paravisor (NV index 0x01400001 of its virtual TPM): a hardware report and variable data, which name the virtual TPM's
/// attestation key. The hardware report holds SHA-256 of the variable data exactly as they stand here.
/// </summary>
internal sealed class HclReport
{
    /// <summary>Longest blob that is read.</summary>
    public const int MaxSize = 16 << 10;

    /// <summary>Bytes that the guest wrote before it asked for the report.</summary>
    public const int UserDataSize = 64;

    private const int MaxDepth = 8;
    private const int HardwareOffset = 0x20;
    private const int DataOffset = 0x4C0;
    private const int VariableOffset = 0x4D4;
    private const uint SnpType = 2;
    private const uint TdxType = 4;
    private const uint Sha256Type = 1;
    private const string AttestationKeyId = "HCLAkPub";

    private HclReport(bool isTdx, byte[] hardwareReport, byte[] variableData, byte[] attestationKey, byte[] userData)
    {
        IsTdx = isTdx;
        HardwareReport = hardwareReport;
        VariableDataHash = SHA256.HashData(variableData);
        AttestationKey = attestationKey;
        UserData = userData;
    }

    /// <summary>True if the hardware is TDX, false for SEV-SNP.</summary>
    public bool IsTdx { get; }

    /// <summary>The SEV-SNP report; for TDX the local report, which the quote beside it stands for.</summary>
    public byte[] HardwareReport { get; }

    /// <summary>SHA-256 of the variable data.</summary>
    public byte[] VariableDataHash { get; }

    /// <summary>SubjectPublicKeyInfo of the virtual TPM's attestation key.</summary>
    public byte[] AttestationKey { get; }

    /// <summary>64 bytes from the guest.</summary>
    public byte[] UserData { get; }

    public static bool TryParse(ReadOnlySpan<byte> bytes, [NotNullWhen(true)] out HclReport? report, [NotNullWhen(false)] out Finding? finding)
    {
        report = null;
        if (bytes.Length is < VariableOffset or > MaxSize || !bytes.StartsWith("HCLA"u8))
        {
            finding = new Finding(RejectionReason.ReportMark, "HCL report", "another mark or length", "HCLA and a hardware report");
            return false;
        }

        var type = Word(bytes, DataOffset + 8);
        var size = Word(bytes, DataOffset + 16);
        if (type is not (SnpType or TdxType) || Word(bytes, DataOffset + 12) != Sha256Type || size > bytes.Length - VariableOffset)
        {
            finding = new Finding(RejectionReason.ReportRange, "HCL report", $"type {type}, hash {Word(bytes, DataOffset + 12)}, {size} bytes of data", "type 2 (SEV-SNP) or 4 (TDX), hash 1 (SHA-256)");
            return false;
        }

        var variable = bytes.Slice(VariableOffset, (int)size).ToArray();
        if (bytes[(VariableOffset + (int)size)..].ContainsAnyExcept((byte)0))
        {
            finding = new Finding(RejectionReason.TrailingBytes, "HCL report", "bytes behind its data that are not all zero", "nothing, or zeros");
            return false;
        }

        if (!TryReadVariable(variable, out var key, out var userData))
        {
            finding = new Finding(RejectionReason.ReportRange, "HCL variable data", "not of the paravisor's form", "JSON with keys and user-data");
            return false;
        }

        var hardware = bytes.Slice(HardwareOffset, type == SnpType ? SnpReport.Size : DataOffset - HardwareOffset).ToArray();
        report = new HclReport(type == TdxType, hardware, variable, key, userData);
        finding = null;
        return true;
    }

    private static bool TryReadVariable(byte[] variable, [NotNullWhen(true)] out byte[]? key, [NotNullWhen(true)] out byte[]? userData)
    {
        key = null;
        userData = null;
        if (!ForeignJson.TryParse(variable, MaxDepth, out var json))
        {
            return false;
        }

        using (json)
        {
            if (!json.RootElement.TryGetMember("keys", out var keys) || keys.ValueKind != JsonValueKind.Array
                || !json.RootElement.TryGetMember("user-data", out var data) || data.ValueKind != JsonValueKind.String)
            {
                return false;
            }

            var named = keys.EnumerateArray().Where(item => Text(item, "kid") == AttestationKeyId).ToList();
            var text = data.GetString()!;
            if (named.Count != 1 || text.Length != 2 * UserDataSize || !text.All(char.IsAsciiHexDigit))
            {
                return false;
            }

            key = ReadKey(named[0]);
            userData = Convert.FromHexString(text);
            return key is not null;
        }
    }

    private static byte[]? ReadKey(JsonElement jwk)
    {
        if (Text(jwk, "kty") != "RSA" || Text(jwk, "e") != "AQAB" || !StrictBase64.TryDecodeUrl(Text(jwk, "n"), out var modulus) || modulus.Length is < 256 or > 512)
        {
            return null;
        }

        try
        {
            using var rsa = RSA.Create(new RSAParameters { Modulus = modulus, Exponent = [1, 0, 1] });
            return rsa.ExportSubjectPublicKeyInfo();
        }
        catch (CryptographicException)
        {
            return null;
        }
    }

    private static string? Text(JsonElement owner, string name) =>
        owner.TryGetMember(name, out var member) && member.ValueKind == JsonValueKind.String ? member.GetString() : null;

    private static uint Word(ReadOnlySpan<byte> bytes, int offset) => BinaryPrimitives.ReadUInt32LittleEndian(bytes[offset..]);
}
