namespace CleanRoom.Evidence;

/// <summary>Security versions of a platform's components. Compared one by one, never as one number.</summary>
/// <param name="Bootloader">0 to 255.</param>
/// <param name="Tee">0 to 255.</param>
/// <param name="Snp">0 to 255.</param>
/// <param name="Microcode">0 to 255.</param>
public sealed record TcbVersion(byte Bootloader, byte Tee, byte Snp, byte Microcode)
{
    /// <summary>Tells whether every component is at least the floor's.</summary>
    public bool Meets(TcbVersion floor) =>
        Bootloader >= floor.Bootloader && Tee >= floor.Tee && Snp >= floor.Snp && Microcode >= floor.Microcode;
}
