using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using CleanRoom.Evidence.Abi;

namespace CleanRoom.Evidence.Files;

/// <summary>
/// A SEV-SNP report as a JSON object of its fields, as Rust's sev crate writes it. The report is written back byte by byte; a field that
/// was lost or changed on the way shows in the signature.
/// </summary>
internal static class SnpReportFields
{
    public static bool TryWrite(JsonElement fields, [NotNullWhen(true)] out byte[]? report)
    {
        var bytes = new byte[SnpReport.Size];
        var ok = Integer(fields, "version", bytes.AsSpan(0x000, 4)) && Integer(fields, "guest_svn", bytes.AsSpan(0x004, 4)) && Integer(fields, "policy", bytes.AsSpan(0x008, 8))
            && Bytes(fields, "family_id", bytes.AsSpan(0x010, 16)) && Bytes(fields, "image_id", bytes.AsSpan(0x020, 16))
            && Integer(fields, "vmpl", bytes.AsSpan(0x030, 4)) && Integer(fields, "sig_algo", bytes.AsSpan(0x034, 4)) && Tcb(fields, "current_tcb", bytes.AsSpan(0x038))
            && Integer(fields, "plat_info", bytes.AsSpan(0x040, 8)) && Integer(fields, "key_info", bytes.AsSpan(0x048, 4))
            && Bytes(fields, "report_data", bytes.AsSpan(0x050, 64)) && Bytes(fields, "measurement", bytes.AsSpan(0x090, 48)) && Bytes(fields, "host_data", bytes.AsSpan(0x0C0, 32))
            && Bytes(fields, "id_key_digest", bytes.AsSpan(0x0E0, 48)) && Bytes(fields, "author_key_digest", bytes.AsSpan(0x110, 48))
            && Bytes(fields, "report_id", bytes.AsSpan(0x140, 32)) && Bytes(fields, "report_id_ma", bytes.AsSpan(0x160, 32)) && Tcb(fields, "reported_tcb", bytes.AsSpan(0x180))
            && Optional(fields, "cpuid_fam_id", bytes.AsSpan(0x188, 1)) && Optional(fields, "cpuid_mod_id", bytes.AsSpan(0x189, 1)) && Optional(fields, "cpuid_step", bytes.AsSpan(0x18A, 1))
            && Bytes(fields, "chip_id", bytes.AsSpan(0x1A0, 64)) && Tcb(fields, "committed_tcb", bytes.AsSpan(0x1E0))
            && Firmware(fields, "current", bytes.AsSpan(0x1E8)) && Firmware(fields, "committed", bytes.AsSpan(0x1EC)) && Tcb(fields, "launch_tcb", bytes.AsSpan(0x1F0))
            && Optional(fields, "launch_mit_vector", bytes.AsSpan(0x1F8, 8)) && Optional(fields, "current_mit_vector", bytes.AsSpan(0x200, 8))
            && fields.TryGetMember("signature", out var signature)
            && Bytes(signature, "r", bytes.AsSpan(0x2A0, 72)) && Bytes(signature, "s", bytes.AsSpan(0x2E8, 72));
        report = ok ? bytes : null;
        return ok;
    }

    private static bool Optional(JsonElement fields, string name, Span<byte> target) =>
        !fields.TryGetMember(name, out var member) || member.ValueKind == JsonValueKind.Null || Integer(fields, name, target);

    private static bool Integer(JsonElement fields, string name, Span<byte> target)
    {
        Span<byte> bytes = stackalloc byte[sizeof(ulong)];
        if (!fields.TryGetMember(name, out var member) || member.ValueKind != JsonValueKind.Number || !member.TryGetUInt64(out var value))
        {
            return false;
        }

        BinaryPrimitives.WriteUInt64LittleEndian(bytes, value);
        bytes[..target.Length].CopyTo(target);
        return !bytes[target.Length..].ContainsAnyExcept((byte)0);
    }

    private static bool Bytes(JsonElement fields, string name, Span<byte> target)
    {
        if (EvidenceText.Decode(fields, name) is not { } bytes || bytes.Length != target.Length)
        {
            return false;
        }

        bytes.CopyTo(target);
        return true;
    }

    private static bool Tcb(JsonElement fields, string name, Span<byte> target)
    {
        Span<byte> values = stackalloc byte[5];
        if (!fields.TryGetMember(name, out var tcb) || !Integer(tcb, "bootloader", values[1..2]) || !Integer(tcb, "tee", values[2..3])
            || !Integer(tcb, "snp", values[3..4]) || !Integer(tcb, "microcode", values[4..5]))
        {
            return false;
        }

        // Only the later layout has an FMC; the object says null where there is none.
        var second = tcb.TryGetMember("fmc", out var fmc) && fmc.ValueKind != JsonValueKind.Null;
        if (second && !Integer(tcb, "fmc", values[..1]))
        {
            return false;
        }

        new SnpTcb(second ? values[0] : null, values[1], values[2], values[3], values[4]).Write(target, second ? SnpTcbLayout.Second : SnpTcbLayout.First);
        return true;
    }

    private static bool Firmware(JsonElement fields, string name, Span<byte> target) =>
        fields.TryGetMember(name, out var version) && Integer(version, "build", target[..1]) && Integer(version, "minor", target[1..2]) && Integer(version, "major", target[2..3]);
}
