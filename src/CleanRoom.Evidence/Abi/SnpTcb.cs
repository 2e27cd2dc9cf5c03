using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Nodes;

namespace CleanRoom.Evidence.Abi;

/// <summary>Security versions of a SEV-SNP platform. Compared one by one, never as one number.</summary>
/// <param name="Fmc">The FMC's; null before Turin.</param>
/// <param name="Bootloader">The boot loader's.</param>
/// <param name="Tee">The secure processor's operating system's.</param>
/// <param name="Snp">The SNP firmware's.</param>
/// <param name="Microcode">The microcode's.</param>
internal sealed record SnpTcb(byte? Fmc, byte Bootloader, byte Tee, byte Snp, byte Microcode)
{
    /// <summary>Bytes of a TCB_VERSION.</summary>
    public const int Size = 8;

    /// <summary>Reads a TCB_VERSION in a generation's layout; false if reserved bytes are set.</summary>
    public static bool TryParse(ReadOnlySpan<byte> bytes, SnpTcbLayout layout, [NotNullWhen(true)] out SnpTcb? tcb)
    {
        tcb = null;
        for (var i = 0; i < Size; i++)
        {
            if (bytes[i] != 0 && i != layout.Fmc && i != layout.Bootloader && i != layout.Tee && i != layout.Snp && i != layout.Microcode)
            {
                return false;
            }
        }

        tcb = new SnpTcb(layout.Fmc < 0 ? null : bytes[layout.Fmc], bytes[layout.Bootloader], bytes[layout.Tee], bytes[layout.Snp], bytes[layout.Microcode]);
        return true;
    }

    /// <summary>Writes a TCB_VERSION.</summary>
    public void Write(Span<byte> bytes, SnpTcbLayout layout)
    {
        bytes[..Size].Clear();
        if (layout.Fmc >= 0)
        {
            bytes[layout.Fmc] = Fmc ?? 0;
        }

        bytes[layout.Bootloader] = Bootloader;
        bytes[layout.Tee] = Tee;
        bytes[layout.Snp] = Snp;
        bytes[layout.Microcode] = Microcode;
    }

    /// <summary>Tells whether every component is at least the floor's.</summary>
    public bool Meets(SnpTcb floor) =>
        (Fmc ?? 0) >= (floor.Fmc ?? 0) && Bootloader >= floor.Bootloader && Tee >= floor.Tee && Snp >= floor.Snp && Microcode >= floor.Microcode;

    /// <summary>As a claim.</summary>
    public JsonObject ToJson()
    {
        var json = new JsonObject();
        if (Fmc is { } fmc)
        {
            json["fmc"] = fmc;
        }

        json["bootloader"] = Bootloader;
        json["tee"] = Tee;
        json["snp"] = Snp;
        json["microcode"] = Microcode;
        return json;
    }

    /// <inheritdoc/>
    public override string ToString() =>
        $"{(Fmc is { } fmc ? $"FMC {fmc}, " : "")}boot loader {Bootloader}, TEE {Tee}, SNP {Snp}, microcode {Microcode}";
}
